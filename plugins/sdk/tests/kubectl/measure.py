#!/usr/bin/env python3
"""Asks a real kubectl what it prints for object.json, and writes what it said to golden.jsonl.

Usage: measure.py < cases.tsv > golden.jsonl      (needs kubectl, and no cluster)

Each line of cases.tsv is FORMAT TAB TEMPLATE, with the escapes of JSON strings in the template.
`kubectl get` talks to the few lines of an API server below, which knows one object.
"""
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "object.json"), encoding="utf-8") as file:
    OBJECT = json.load(file)
VERSION = {"groupVersion": "example.com/v1", "version": "v1"}
GROUP = {"name": "example.com", "versions": [VERSION], "preferredVersion": VERSION}
RESOURCE = {"name": "widgets", "singularName": "widget", "namespaced": True, "kind": "Widget",
            "verbs": ["get", "list"]}
ANSWERS = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": []},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [GROUP]},
    "/apis/example.com/v1": {"kind": "APIResourceList", "apiVersion": "v1",
                             "groupVersion": "example.com/v1", "resources": [RESOURCE]},
    "/apis/example.com/v1/namespaces/shop/widgets/widget-1": OBJECT,
}


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers from the table above."""

    def do_GET(self):
        answer = ANSWERS.get(self.path.split("?")[0])
        body = json.dumps(answer or {"kind": "Status", "code": 404}).encode()
        self.send_response(200 if answer else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = tempfile.mkdtemp()
    base = ["kubectl", "--server", "http://127.0.0.1:%d" % server.server_port,
            "get", "widgets.example.com", "widget-1", "-n", "shop", "-o"]
    for line in sys.stdin:
        line = line.rstrip("\n")
        if not line or line.startswith("#"):
            continue
        form, _, template = line.partition("\t")
        template = json.loads('"%s"' % template)
        output = form if not template else "%s=%s" % (form, template)
        ran = subprocess.run(base + [output], capture_output=True, timeout=60,
                             env={"HOME": home, "PATH": os.environ["PATH"]})
        error = ran.stderr.decode()
        # The rest of kubectl's complaint is a dump of the object in Go's notation.
        error = error.split(". Printing more information")[0].strip()
        print(json.dumps({"format": form, "template": template, "stdout": ran.stdout.decode(),
                          "code": ran.returncode, "error": error.removeprefix("error: ")}))


main()
