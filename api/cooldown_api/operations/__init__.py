"""What may be asked of the service, one function for each thing. The REST routes, the OpenAI facade and the pages for people are its
faces: they say how it is asked for and how the answer looks, and they ask for the caller's role.

What makes jobs is a *maker*: it does what is slow at once, and the function that it returns does the rest inside of a transaction, so
that a face decides what else belongs to it (:func:`cooldown_api.creating.idempotency.once` remembers the answer there).
"""
