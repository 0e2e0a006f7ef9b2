"""The HTTP API and the pages: what the index, the desk and the outbox hold, for browsers and programs.

`serve` builds the application behind its `guard`. `search`, `desk` and `alerts` are the API, `pages` the pages with
their `templates`, `accounts` users and their logins, `assistants` the Model Context Protocol. `render`, `cards`,
`charts`, `explain` and `citations` draw what several of them show.
"""
