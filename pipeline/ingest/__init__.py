"""Convert feed items and pages to articles: decide what is an article, recognise known articles, clean their text."""
