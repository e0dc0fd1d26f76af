#include "datamaestro/http_fields.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

/* Reads digits at `*text` and moves it behind them; -1 where there are none, or too many for 63 bits. */
static int64_t read_number(const char **text) {
  int64_t number = 0;
  const char *start = *text;
  for (; **text >= '0' && **text <= '9'; (*text)++)
    if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, **text - '0', &number))
      return -1;
  return *text > start ? number : -1;
}

struct dm_http_range dm_http_parse_range(const char *value) {
  static const struct dm_http_range nothing = {.first = -1, .last = -1, .total = -1};
  struct dm_http_range range = nothing;
  if (strncasecmp(value, "bytes", 5) != 0)
    return nothing;
  value += 5;
  value += strspn(value, " =");
  if (*value == '*')
    value++;
  else {
    range.first = read_number(&value);
    if (range.first < 0 || *value++ != '-')
      return nothing;
    range.last = read_number(&value);
    if (range.last < range.first)
      return nothing;
  }
  if (*value++ != '/')
    return nothing;
  if (*value == '*')
    return range.first < 0 ? nothing : range;
  range.total = read_number(&value);
  return range.total < 0 || range.last >= range.total ? nothing : range;
}

int64_t dm_http_parse_retry(const char *value, int64_t now) {
  const char *end = value + strspn(value, "0123456789");
  if (end > value && *end == '\0') {
    int64_t seconds = read_number(&value);
    return seconds >= 0 ? seconds : INT64_MAX; /* too many digits for a number are as good as for ever */
  }
  int64_t date = curl_getdate(value, NULL);
  if (date < 0)
    return -1;
  return date > now ? date - now : 0;
}

bool dm_http_is_strong(const char *etag) {
  size_t length = strlen(etag);
  return length > 2 && etag[0] == '"' && etag[length - 1] == '"';
}
