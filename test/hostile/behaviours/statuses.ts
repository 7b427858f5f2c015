/** Answers whose status says it. */

import { reply } from "../hostile-server.ts";
import { answer, BAIT, type Behaviour, bytes, EVENT, odd, TRAP_URL } from "./behaviour.ts";

const redirect = (status: string, location: string): Behaviour =>
  answer(`redirect ${status}`, "invalid-response", { status, headers: [`Location: ${location}`], body: BAIT });
const errors = (message: string) => JSON.stringify({ errors: [{ message }] });
const refused = (status: string, more = ""): Behaviour =>
  answer(status, "refused", { status, body: errors(`no${more}`) });
const retryAfter = (value: string): Behaviour =>
  answer(`429 with Retry-After: ${value.slice(0, 40)}`, "unavailable", {
    status: "429 Too Many Requests",
    headers: [`Retry-After: ${value}`],
  });

export const statuses: readonly Behaviour[] = [
  redirect("301 Moved", `${TRAP_URL}api/1.0/workspaces/1201/audit_log_events`),
  redirect("302 Found", TRAP_URL),
  redirect("303 See Other", TRAP_URL.replace("http:", "")),
  redirect("307 Temporary", "/api/1.0/elsewhere"),
  redirect("308 Permanent", "file:///etc/passwd"),
  answer("300 with choices", "invalid-response", { status: "300 Multiple", body: BAIT }),
  answer("304", "invalid-response", { status: "304 Not Modified" }),
  answer("201 with a page", "invalid-response", { status: "201 Created", body: BAIT }),
  answer("202 with a page", "invalid-response", { status: "202 Accepted", body: BAIT }),
  answer("203 with a page", "invalid-response", { status: "203 Non-Authoritative", body: BAIT }),
  answer("206 with a page", "invalid-response", {
    status: "206 Partial Content",
    headers: ["Content-Range: bytes 0-1/2"],
    body: BAIT,
  }),
  answer("204", "invalid-response", { status: "204 No Content" }),
  answer("205", "invalid-response", { status: "205 Reset" }),
  odd("100 Continue before a page", [EVENT], (page) =>
    Buffer.concat([Buffer.from("HTTP/1.1 100 Continue\r\n\r\n"), reply({ body: page })]),
  ),
  odd("fifty early hints before a page", [EVENT], (page) => {
    const hint = `HTTP/1.1 103 Early Hints\r\nLink: <${TRAP_URL}>; rel=preload\r\n\r\n`;
    return Buffer.concat([Buffer.from(hint.repeat(50)), reply({ body: page })]);
  }),
  bytes("101 Switching Protocols", "unavailable", () =>
    Buffer.from("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"),
  ),
  answer("a status beyond all", "unavailable", { status: "999 Odd", body: BAIT }),
  answer("500 without words", "unavailable", { status: "500 Oops" }),
  answer("500 with a page", "unavailable", { status: "500 Oops", body: BAIT }),
  answer("500 with a phrase that steers terminals", "unavailable", {
    status: "500 Oops",
    body: '{"errors":[{"message":"Server Error","phrase":"\\u001b]0;owned\\u0007\\u202e"}]}',
  }),
  answer("502 with HTML", "unavailable", { status: "502 Bad Gateway", body: "<html>nginx</html>" }),
  answer("503 for a year", "unavailable", { status: "503 Down", headers: ["Retry-After: 31536000"] }),
  answer("504 with nothing", "unavailable", { status: "504 Gateway Timeout" }),
  answer("408", "unavailable", { status: "408 Request Timeout" }),
  ...["0", "-5", "0.5", "1e9", "99999999999999999999", "NaN", "soon", "", "Fri, 01 May 2026 12:01:01 GMT"].map(
    retryAfter,
  ),
  retryAfter("Fri, 31 Dec 9999 23:59:59 GMT"),
  retryAfter("Thu, 01 Jan 1970 00:00:00 GMT"),
  answer("429 without Retry-After", "unavailable", { status: "429 Too Many Requests" }),
  answer("429 with two Retry-After", "unavailable", {
    status: "429 Too Many Requests",
    headers: ["Retry-After: 1", "Retry-After: 100000"],
  }),
  ...["401 Unauthorized", "402 Payment", "403 Forbidden", "404 Not Found", "405 No", "410 Gone", "451 Embargo"].map(
    (status) => refused(status),
  ),
  refused("407 Proxy Authentication Required"),
  refused("418 Teapot", " \u001b[2J\u202e\u2028"),
  answer("400 for everything", "refused", { status: "400 Bad Request", body: errors("start_at: not a date") }),
  answer("400 that calls every offset expired, and scans too", "refused", {
    status: "400 Bad Request",
    body: errors("offset: Your pagination token has expired."),
  }),
  answer("400 with a megabyte of words", "refused", {
    status: "400 Bad",
    body: errors("x".repeat(1_000_000)).slice(0, 200_000),
  }),
  answer("403 with words nested 50,000 deep", "refused", {
    status: "403 Forbidden",
    body: `{"errors":${"[".repeat(50_000)}${"]".repeat(50_000)}}`,
  }),
];
