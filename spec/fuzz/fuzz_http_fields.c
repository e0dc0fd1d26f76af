/* Fields of answers: what is read of a Content-Range holds together and can be said again, seconds of a
 * Retry-After are never less than -1, and an entity tag is strong when it is in quotes. The first byte
 * chooses the time from which a date is counted; the rest is the field. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/http_fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int holds) {
  if (!holds)
    abort();
}

static void check_range(const char *field) {
  char text[96];
  char total[32] = "*";
  struct dm_http_range range = dm_http_parse_range(field);
  demand(range.first >= -1 && range.last >= -1 && range.total >= -1);
  demand((range.first < 0) == (range.last < 0));
  demand(range.first < 0 || range.first <= range.last);
  demand(range.first < 0 || range.total < 0 || range.last < range.total);
  if (range.first < 0 && range.total < 0)
    return;
  if (range.total >= 0)
    (void)snprintf(total, sizeof total, "%" PRId64, range.total);
  if (range.first >= 0)
    (void)snprintf(text, sizeof text, "bytes %" PRId64 "-%" PRId64 "/%s", range.first, range.last, total);
  else
    (void)snprintf(text, sizeof text, "bytes */%s", total);
  struct dm_http_range again = dm_http_parse_range(text);
  demand(again.first == range.first && again.last == range.last && again.total == range.total);
}

static void check_retry(const char *field, int64_t now) {
  int64_t seconds = dm_http_parse_retry(field, now);
  size_t length = strlen(field);
  demand(seconds >= -1);
  if (length > 0 && length < 19 && strspn(field, "0123456789") == length)
    demand(seconds == strtoll(field, NULL, 10));
  if (seconds > 0 && strspn(field, "0123456789") != length) /* a date: later, when less time is left */
    demand(dm_http_parse_retry(field, now + seconds) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  char *field = malloc(size);
  demand(field != NULL);
  memcpy(field, data + 1, size - 1);
  field[size - 1] = '\0';
  size_t length = strlen(field);
  check_range(field);
  check_retry(field, (int64_t)data[0] << 24);
  demand(dm_http_is_strong(field) == (length > 2 && field[0] == '"' && field[length - 1] == '"'));
  free(field);
  return 0;
}
