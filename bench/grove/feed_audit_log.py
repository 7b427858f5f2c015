"""The same feed as a Grove connector: offset pages, chronological, the pointer is created_at."""

import functools
import gzip

import requests
from grove.connectors import BaseConnector
from grove.constants import CHRONOLOGICAL
from grove.exceptions import NotFoundException

# The same level as the product's; Grove's own is 9.
gzip.compress = functools.partial(gzip.compress, compresslevel=6)


class Connector(BaseConnector):
    CONNECTOR = "feed_audit_log"
    POINTER_PATH = "created_at"
    LOG_ORDER = CHRONOLOGICAL

    def collect(self):
        try:
            parameters = {"start_at": self.pointer}
        except NotFoundException:
            self.pointer = "2021-10-08T00:00:00.000Z"  # when the log began
            parameters = {"start_at": self.pointer}
        session = requests.Session()
        session.headers["authorization"] = f"Bearer {self.key}"
        while True:
            answer = session.get(self.configuration.url, params=parameters, timeout=60)
            answer.raise_for_status()
            page = answer.json()
            if not page["data"]:
                return
            self.save(page["data"])
            parameters["offset"] = page["next_page"]["offset"]
