#include "served.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "datamaestro/printable.h"

enum { SIZE_TEXT = 32 }; /* bytes: " of 9.9 MB" */

int dm_served_open(struct dm_served *served, struct dm_error *err) {
  served->keep.fd = -1;
  served->recognised = false;
  if (dm_digest_open(&served->digest, served->request->digests, err) != 0)
    return -1;
  if (served->request->keep == NULL || dm_part_open(&served->keep, served->request->keep, err) == 0)
    return 0;
  dm_served_close(served);
  return -1;
}

/* " of 9.9 MB", or "" for a size that is not known. */
static const char *of_size(char *out, int64_t size) {
  char text[SIZE_TEXT - 4];
  out[0] = '\0';
  if (size >= 0)
    (void)snprintf(out, SIZE_TEXT, " of %s", dm_printable_size(text, sizeof text, (uint64_t)size));
  return out;
}

/* `found` bytes of something else came where gzip data was promised. */
static int fail_not_gzip(const struct dm_served *served, const char *what, int64_t found,
                         struct dm_error *err) {
  char of_found[SIZE_TEXT];
  char of_expected[SIZE_TEXT];
  return dm_error_set(err, DM_ERROR_FORMAT, "%s: %s%s (gzip data%s expected)", served->subject, what,
                      of_size(of_found, found), of_size(of_expected, served->request->size));
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

/* Looks at the first bytes, once: `complete` when no more of them come. */
static int recognise(struct dm_served *served, bool complete, struct dm_error *err) {
  const struct dm_transfer_report *report = served->report;
  int64_t size = complete ? (int64_t)report->size : report->response.length;
  char hex[sizeof "starts with 00 00 00 00"] = "starts with";
  size_t used = strlen(hex);
  served->recognised = true;
  if (!served->request->gunzip ||
      (report->head_size > 1 && report->head[0] == 0x1f && report->head[1] == 0x8b))
    return 0;
  if (report->head_size == 0)
    return fail_not_gzip(served, "empty answer", -1, err);
  if (is_html(report))
    return fail_not_gzip(served, "HTML page", size, err);
  for (size_t i = 0; i < 4 && i < report->head_size; i++)
    used += (size_t)snprintf(hex + used, sizeof hex - used, " %02x", report->head[i]);
  return fail_not_gzip(served, hex, -1, err);
}

int dm_served_expect(struct dm_served *served, const struct dm_http_response *response,
                     struct dm_error *err) {
  int64_t declared = served->request->size;
  char found[SIZE_TEXT];
  if (declared < 0 || response->length < 0 || response->length == declared)
    return 0;
  bool html = starts_with(response->content_type, strlen(response->content_type), "text/html");
  if (html && served->request->gunzip)
    return fail_not_gzip(served, "HTML page", response->length, err);
  if (html)
    return dm_error_set(err, DM_ERROR_CHECKSUM, "%s: HTML page%s (%" PRId64 " bytes expected)",
                        served->subject, of_size(found, response->length), declared);
  return dm_error_set(err, DM_ERROR_CHECKSUM, "%s: %" PRId64 " bytes (%" PRId64 " expected)", served->subject,
                      response->length, declared);
}

static void fill_head(struct dm_transfer_report *report, const void *bytes, size_t size) {
  size_t room = DM_TRANSFER_HEAD - report->head_size;
  size_t piece = size < room ? size : room;
  memcpy(report->head + report->head_size, bytes, piece);
  report->head_size += piece;
}

int dm_served_take(struct dm_served *served, const void *bytes, size_t size, struct dm_error *err) {
  struct dm_transfer_report *report = served->report;
  int64_t declared = served->request->size;
  fill_head(report, bytes, size);
  report->size += size;
  if (!served->recognised && report->head_size == DM_TRANSFER_HEAD && recognise(served, false, err) != 0)
    return -1;
  if (declared >= 0 && report->size > (uint64_t)declared)
    return dm_error_set(err, DM_ERROR_CHECKSUM, "%s: over %" PRId64 " bytes (%" PRId64 " expected)",
                        served->subject, declared, declared);
  if (dm_digest_update(&served->digest, bytes, size, err) != 0)
    return -1;
  return served->keep.fd < 0 ? 0 : dm_part_write(&served->keep, bytes, size, err);
}

int dm_served_check_end(struct dm_served *served, struct dm_error *err) {
  const struct dm_transfer_report *report = served->report;
  int64_t declared = served->request->size;
  if (!served->recognised && recognise(served, true, err) != 0)
    return -1;
  if (declared >= 0 && report->size != (uint64_t)declared)
    return dm_error_set(err, DM_ERROR_CHECKSUM, "%s: %" PRIu64 " bytes (%" PRId64 " expected)",
                        served->subject, report->size, declared);
  return 0;
}

int dm_served_finish(struct dm_served *served, struct dm_error *err) {
  if (dm_digest_read(&served->digest, &served->report->digests, err) != 0)
    return -1;
  return served->keep.fd < 0 ? 0 : dm_part_finish(&served->keep, err);
}

void dm_served_close(struct dm_served *served) {
  dm_part_discard(&served->keep);
  dm_digest_close(&served->digest);
}
