#include "served.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "datamaestro/decode.h"
#include "datamaestro/printable.h"

enum { SIZE_TEXT = 32 }; /* bytes: " of 9.9 MB" */

/* " of 9.9 MB", or "" for a size that is not known. */
static const char *of_size(char *out, int64_t size) {
  char text[SIZE_TEXT - 4];
  out[0] = '\0';
  if (size >= 0)
    (void)snprintf(out, SIZE_TEXT, " of %s", dm_printable_size(text, sizeof text, (uint64_t)size));
  return out;
}

/* `found` bytes of something else came where data of one format were promised. */
static int fail_kind(const struct dm_served *served, const char *what, int64_t found, struct dm_error *err) {
  char of_found[SIZE_TEXT];
  char of_expected[SIZE_TEXT];
  return dm_error_set(err, DM_ERROR_FORMAT, "%s: %s%s (%s data%s expected)", served->subject, what,
                      of_size(of_found, found),
                      dm_decode_name((enum dm_decode_format)served->request->decode),
                      of_size(of_expected, served->request->size));
}

static bool starts_with(const char *text, size_t size, const char *prefix) {
  size_t length = strlen(prefix);
  return size >= length && strncasecmp(text, prefix, length) == 0;
}

/* Whether the head begins as a page for people does: login pages and error pages come with status 200. */
static bool is_html(const struct dm_transfer_report *report) {
  static const char byte_order_mark[] = "\xef\xbb\xbf";
  const char *text = (const char *)report->head;
  size_t size = report->head_size;
  if (starts_with(text, size, byte_order_mark)) {
    text += 3;
    size -= 3;
  }
  while (size > 0 && strchr(" \t\r\n", *text) != NULL && *text != '\0') {
    text++;
    size--;
  }
  return starts_with(text, size, "<!doctype html") || starts_with(text, size, "<html") ||
         starts_with(text, size, "<head") || starts_with(text, size, "<body");
}

int dm_served_recognise(const struct dm_served *served, int64_t size, struct dm_error *err) {
  const struct dm_transfer_report *report = served->report;
  int wanted = served->request->decode;
  char hex[sizeof "starts with 00 00 00 00"] = "starts with";
  size_t used = strlen(hex);
  if (wanted < 0 || dm_decode_recognise(report->head, report->head_size) == wanted)
    return 0;
  if (report->head_size == 0)
    return fail_kind(served, "empty answer", -1, err);
  if (is_html(report))
    return fail_kind(served, "HTML page", size >= 0 ? size : report->response.length, err);
  for (size_t i = 0; i < 4 && i < report->head_size; i++)
    used += (size_t)snprintf(hex + used, sizeof hex - used, " %02x", report->head[i]);
  return fail_kind(served, hex, -1, err);
}

int dm_served_expect(const struct dm_served *served, struct dm_error *err) {
  const struct dm_http_response *response = &served->report->response;
  int64_t declared = served->request->size;
  char found[SIZE_TEXT];
  if (declared < 0 || response->length < 0 || response->length == declared)
    return 0;
  bool html = starts_with(response->content_type, strlen(response->content_type), "text/html");
  if (html && served->request->decode >= 0)
    return fail_kind(served, "HTML page", response->length, err);
  if (html)
    return dm_error_set(err, DM_ERROR_CHECKSUM, "%s: HTML page%s (%" PRId64 " bytes expected)",
                        served->subject, of_size(found, response->length), declared);
  return dm_error_set(err, DM_ERROR_CHECKSUM, "%s: %" PRId64 " bytes (%" PRId64 " expected)", served->subject,
                      response->length, declared);
}

int dm_served_check_end(const struct dm_served *served, struct dm_error *err) {
  int64_t declared = served->request->size;
  if (declared >= 0 && served->report->size != (uint64_t)declared)
    return dm_error_set(err, DM_ERROR_CHECKSUM, "%s: %" PRIu64 " bytes (%" PRId64 " expected)",
                        served->subject, served->report->size, declared);
  return 0;
}
