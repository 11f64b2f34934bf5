"""A sender as careful senders are: it keeps what was not answered 2xx, and sends it again."""

import http.client
import json
import threading

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
TIMEOUT_SECONDS = 60


class Connection:
    """One keep-alive connection. OSError and HTTPException mean: no answer, the outcome is not known."""

    def __init__(self, address, path):
        self._http = http.client.HTTPConnection(*address, timeout=TIMEOUT_SECONDS)
        self._path = path

    def post(self, body, content_type, headers=None):
        """(status, headers, body) of one POST."""
        if isinstance(body, str):
            body = body.encode()
        self._http.request("POST", self._path, body, {"Content-Type": content_type, **(headers or {})})
        answer = self._http.getresponse()
        return answer.status, answer.headers, answer.read()

    def close(self):
        self._http.close()


class Request:
    """What goes into one POST: one event as a structured CloudEvent, or several as a batch."""

    def __init__(self, events, batch):
        assert batch or len(events) == 1
        self.events = events
        self.content_type = BATCH if batch else STRUCTURED
        self.body = json.dumps(events if batch else events[0], separators=(",", ":")).encode()


class Outcome:
    """What became of a set of requests; of the answers only those that are not 2xx are kept."""

    def __init__(self, on_acknowledged=None):
        self._on_acknowledged = on_acknowledged
        self.acknowledged = []  # requests answered 2xx
        self.unanswered = []  # requests without an answer: to be sent again
        self.refused = []  # (request, status, body): any other answer
        self._lock = threading.Lock()

    def add(self, request, status, body):
        with self._lock:
            if status is None:
                self.unanswered.append(request)
            elif 200 <= status < 300:
                self.acknowledged.append(request)
                if self._on_acknowledged:
                    self._on_acknowledged(len(self.acknowledged))
            else:
                self.refused.append((request, status, body))


def send_all(address, path, requests, connections, on_acknowledged=None):
    """Sends `requests` over several connections at once; an Outcome.

    A connection that breaks ends; when all have, what is left counts as unanswered. `on_acknowledged` is called with
    the number of requests answered 2xx so far.
    """
    outcome = Outcome(on_acknowledged)
    waiting = list(reversed(requests))
    lock = threading.Lock()

    def take():
        with lock:
            return waiting.pop() if waiting else None

    def work():
        connection = Connection(address, path)
        while (request := take()) is not None:
            try:
                status, _, body = connection.post(request.body, request.content_type)
            except (OSError, http.client.HTTPException):
                outcome.add(request, None, None)
                break
            outcome.add(request, status, body)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcome.unanswered.extend(reversed(waiting))
    return outcome
