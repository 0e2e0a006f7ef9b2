"""Convert feed items and pages to articles: decide what is an article, recognise known articles, clean their text.

`items` makes an article of an item and its page, and detects its language. `identity` recognises known items, `urls`
has the canonical form of addresses, and `revisions` compares an article with its earlier states. `body` chooses the
text, `interstitials` rejects login and consent pages, and `agencies` reads bylines and credits. `posts` reads accounts
and live blogs.
"""
