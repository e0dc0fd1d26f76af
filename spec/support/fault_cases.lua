--- What the fault server is asked for in the table of faults (docs/faults.md). A case: what the server does,
-- and the path that asks for it. Further fields:
--
-- * `recovers`: a single source must do, whatever is declared: the fault passes, or can be worked around
-- * `unnoticed`: nobody can tell the bytes from the right ones unless a size or digest is declared
-- * `status`: how it must end where size and digest are declared and there is no other source
-- * `size`: bytes of the file (default 4096)
-- * `tls`: over https, from an authority that is trusted; `stranger`: from one that is not
local SIZE = 4096
local LARGE = 300000

local function resumed(kind, text, more)
  local case = {
    text, ("/resume/%s?after=100000"):format(kind), size = LARGE, recovers = true,
  }
  for name, value in pairs(more or {}) do
    case[name] = value
  end
  return case
end

local groups = {
  {
    "Answers that say no",
    { "401 Unauthorized", "/status/401%20Unauthorized", status = 7 },
    { "403 Forbidden", "/status/403%20Forbidden" },
    { "404 Not Found", "/status/404%20Not%20Found", status = 4 },
    { "410 Gone", "/status/410%20Gone", status = 4 },
    { "407, as a proxy says", "/status/407%20Proxy%20Authentication%20Required", status = 7 },
    { "204 No Content", "/status/204%20No%20Content", status = 4 },
    { "203, as a proxy says that changed the content", "/status/203%20Non-Authoritative", status = 4 },
    { "206 though the whole was asked for", "/status/206%20Partial%20Content", status = 4 },
    { "304 though nothing was asked for", "/status/304%20Not%20Modified", status = 4 },
    { "418", "/status/418%20I%27m%20a%20teapot", status = 4 },
    { "501 Not Implemented", "/status/501%20Not%20Implemented", status = 4 },
  },
  {
    "Answers that say later",
    { "500 twice, then the file", "/retry?status=500&times=2", recovers = true },
    { "502 twice, then the file", "/retry?status=502&times=2", recovers = true },
    { "503 twice, then the file", "/retry?status=503&times=2", recovers = true },
    { "504 twice, then the file", "/retry?status=504&times=2", recovers = true },
    { "408 twice, then the file", "/retry?status=408&times=2", recovers = true },
    { "425 twice, then the file", "/retry?status=425&times=2", recovers = true },
    { "429 twice, then the file", "/retry?status=429&times=2", recovers = true },
    { "503 for ever", "/retry?status=503", status = 4 },
    { "429 for ever", "/retry?status=429", status = 4 },
    { "429 with Retry-After: 1, then the file", "/retry?status=429&after=1&times=1", recovers = true },
    { "503 with Retry-After: a second from now, as a date", "/retry?status=503&after=date&times=1",
      recovers = true },
    { "503 with Retry-After: a date in the past", "/retry?status=503&after=past&times=1", recovers = true },
    { "503 with Retry-After: -5", "/retry?status=503&after=-5&times=1", recovers = true },
    { "503 with Retry-After: soon", "/retry?status=503&after=soon&times=1", recovers = true },
    { "429 with Retry-After: 99999999999999999999", "/retry?status=429&after=99999999999999999999",
      status = 4 },
    { "429 with Retry-After: 86400", "/retry?status=429&after=86400", status = 4 },
  },
  {
    "Redirects",
    { "three redirects, then the file", "/chain/3", recovers = true },
    { "a loop", "/loop", status = 4 },
    { "to another host that has the file", "/redirect/http://127.0.0.2:PORT/good", recovers = true },
    { "to another protocol", "/redirect/gopher://127.0.0.1:1/", status = 4 },
    { "to a file of this machine", "/redirect/file:///etc/hostname", status = 4 },
    { "to nowhere", "/nowhere", status = 4 },
    { "to where nobody listens", "/redirect/http://127.0.0.1:1/x", status = 4 },
    { "from https to http", "/redirect/http://127.0.0.1:PORT/good", tls = true, status = 4 },
    { "https with a certificate that nobody vouches for", "/good", tls = true, stranger = true, status = 4 },
  },
  {
    "Connections that end early, or not at all",
    { "closed without a byte, once", "/close?times=1", recovers = true },
    { "closed without a byte, for ever", "/close", status = 4 },
    { "reset at once, once", "/reset?times=1", recovers = true },
    { "reset at once, for ever", "/reset", status = 4 },
    { "ends after 1000 bytes, twice", "/drop?after=1000&times=2", recovers = true },
    { "ends after 1000 bytes of each answer", "/drop?after=1000", recovers = true },
    { "ends after 100,000 bytes, twice", "/drop?after=100000&times=2", size = LARGE, recovers = true },
    { "ends after 100,000 bytes, for ever, without ranges", "/drop?after=100000&times=99&range=ignored",
      size = LARGE, status = 4 },
    { "reset after 1000 bytes, twice", "/drop?after=1000&times=2&how=reset", recovers = true },
    { "ends after 1000 bytes, no length told, once", "/drop?after=1000&times=1&length=no",
      unnoticed = true },
    { "ends within a chunk, twice", "/drop?after=1000&times=2&length=chunked", recovers = true },
    { "ends between chunks, for ever", "/cut-chunks", status = 4 },
    { "silent once", "/silent?times=1", recovers = true },
    { "silent for ever", "/silent", status = 4 },
    { "silent after 1000 bytes, once", "/stall?after=1000&times=1", recovers = true },
    { "silent after 1000 bytes of each answer", "/stall?after=1000&range=ignored", status = 4 },
    { "a byte each millisecond", "/trickle?ms=1", size = 300, recovers = true },
  },
  {
    "Going on after 100,000 of 300,000 bytes",
    resumed("honoured", "a strong ETag"),
    resumed("honoured", "a weak ETag, and Last-Modified", { query = "&etag=weak" }),
    resumed("honoured", "Last-Modified alone", { query = "&etag=none" }),
    resumed("honoured", "no validator", { query = "&etag=none&modified=no" }),
    resumed("honoured", "another ETag with each answer", { query = "&etag=changing" }),
    resumed("ignored", "the whole instead of the part"),
    resumed("start", "a part that begins elsewhere"),
    resumed("total", "a part of a larger file"),
    resumed("garbage", "Content-Range: bytes what/ever"),
    resumed("unnamed", "206 without Content-Range"),
    resumed("more", "more bytes than Content-Range says"),
    resumed("fewer", "half of the part"),
    resumed("multipart", "multipart/byteranges"),
    resumed("416", "416, though there is such a part"),
    resumed("416-total", "416, of a file of 50 bytes"),
    resumed("416-bare", "416 without Content-Range"),
    resumed("changed", "the file has changed; If-Range is honoured"),
    resumed("changed-unasked", "the file has changed; If-Range is ignored, the ETag is another one"),
    resumed("changed-silently", "the file has changed, the ETag has not", { unnoticed = true }),
  },
  {
    "Lengths and forms that do not hold together",
    { "100 bytes fewer than Content-Length says", "/long?by=100" },
    { "100 bytes more than Content-Length says", "/short?by=100", unnoticed = true, status = 5 },
    { "two lengths", "/lengths" },
    { "Content-Length: -5", "/length/-5" },
    { "Content-Length: many", "/length/many" },
    { "Content-Length: 99999999999999999999999", "/length/99999999999999999999999" },
    { "a chunk whose size is no number", "/bad-chunk", status = 4 },
    { "no HTTP at all", "/gopher", status = 4 },
    { "HTTP/1.1 abc", "/line/HTTP%2F1.1%20abc" },
    { "HTTP/9.9 200 OK", "/line/HTTP%2F9.9%20200%20OK" },
    { "HTTP/1.1 99999 Odd", "/line/HTTP%2F1.1%2099999%20Odd", status = 4 },
    { "a status line without words", "/line/HTTP%2F1.1%20200", recovers = true },
    { "interim answers first", "/hints", recovers = true },
    { "32 MB of header lines", "/flood?bytes=32000000", status = 4 },
    { "1 MB in one header line", "/header?bytes=1000000", status = 4 },
    { "Content-Encoding: gzip, unasked", "/encoded" },
  },
  {
    "Wrong content",
    { "a page for people", "/html" },
    { "a page for people, after a redirect to a login", "/login" },
    { "a byte in the middle is another one", "/damaged", unnoticed = true, status = 5 },
    { "half of the file, as if it were all", "/small", unnoticed = true, status = 5 },
    { "twice the file", "/large", unnoticed = true, status = 5 },
    { "an answer without end (of 8 MB)", "/endless?limit=8000000", unnoticed = true, status = 5 },
    { "no byte, as if that were all", "/empty", unnoticed = true, status = 5 },
  },
}

local cases = {}

for _, group in ipairs(groups) do
  for at = 2, #group do
    local case = group[at]
    case.group, case.text, case.path = group[1], case[1], case[2] .. (case.query or "")
    case.size = case.size or SIZE
    cases[#cases + 1] = case
  end
end

return cases
