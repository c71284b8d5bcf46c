"""The use cases: react to a signal, reconcile enrolment, answer for the history."""
