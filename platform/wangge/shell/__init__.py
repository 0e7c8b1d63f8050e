"""Top floor: wires settings, urls, wsgi, the job runner and the operator's face."""
