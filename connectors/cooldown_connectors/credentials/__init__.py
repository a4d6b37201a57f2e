"""Tokens by reference: a recipe says where one stands, never what it is."""
