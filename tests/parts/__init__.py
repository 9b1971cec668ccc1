"""The real parts that tests run on: captured data, a broker, a browser, a database server."""
