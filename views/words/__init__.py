"""What the pages say, a module a page that has many words of its own; `views.i18n` puts them together."""
