"""`make doctor`: looks at a deployment, and says what was seen, what it means and what to do.

`gather` asks AWS, and nothing else does; `checks` judge what was gathered; `report` and `answers` write it down.
"""
