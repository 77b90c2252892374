"""The site in browsers that Playwright cannot drive as they are installed; see __main__.py."""
