"""The dashboard: pages rendered by the server, live by the browser's own EventSource."""
