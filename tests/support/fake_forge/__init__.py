"""Forges that do not exist: one generated world of requests, reviews and issues, and for each forge a front that shows it in that
forge's own words, over HTTP on loopback, with faults on order.

A front answers as its forge documents it: what it serves is checked against published schemas by its own tests, so that a connector that
works with it works with answers of the right form.
"""
