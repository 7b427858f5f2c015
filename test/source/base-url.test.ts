import { expect, it } from "vitest";
import { parseBaseUrl } from "../../lambda/source/base-url.ts";

it.each([
  "https://app.asana.com/api/1.0",
  "https://example.test",
  "http://127.0.0.1:8080/api/1.0",
  "http://127.10.20.30/",
  "http://localhost:1",
  "http://[::1]:8080",
])("a base URL may be %s", (text) => {
  expect(parseBaseUrl(text)).toBeInstanceOf(URL);
});

const NO_URL = "the source's base URL is not a URL";
const NOT_ALLOWED = "the source's base URL is neither https nor http on a loopback address";
const WITH_USER = "the source's base URL holds a user or password";
const WITH_QUERY = "the source's base URL has a query or a fragment";

it.each([
  ["", NO_URL],
  ["app.asana.com/api/1.0", NO_URL],
  ["http://app.asana.com/api/1.0", NOT_ALLOWED],
  ["http://127.0.0.1.example.com/", NOT_ALLOWED],
  ["http://localhost.example.com/", NOT_ALLOWED],
  ["http://0.0.0.0/", NOT_ALLOWED],
  ["http://10.0.0.1/", NOT_ALLOWED],
  ["ftp://localhost/", NOT_ALLOWED],
  ["file:///etc/passwd", NOT_ALLOWED],
  ["https://user:hunter2@app.asana.com/api/1.0", WITH_USER],
  ["https://hunter2@app.asana.com/api/1.0", WITH_USER],
  ["https://:hunter2@app.asana.com/api/1.0", WITH_USER],
  ["https://app.asana.com/api/1.0?hunter2", WITH_QUERY],
  ["https://app.asana.com/api/1.0#hunter2", WITH_QUERY],
])("a base URL may not be %j, which the error does not repeat: %s", (text, message) => {
  const advice = "Use a base URL like https://app.asana.com/api/1.0.";
  expect(() => parseBaseUrl(text)).toThrow(expect.objectContaining({ kind: "misconfigured", message, advice }));
});
