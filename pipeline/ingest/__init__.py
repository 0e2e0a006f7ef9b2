"""Turns parsed items and pages into articles: is it an article, which one, and with which text?"""
