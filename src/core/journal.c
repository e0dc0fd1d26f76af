#include "datamaestro/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes. One block, padded with empty lines and written over in place: whatever dies, and wherever, leaves
 * the old one or the new one, and the digest in it tells whether it speaks of this part file. */
enum { JOURNAL_SIZE = 4096 };

static const char heading[] = "datamaestro journal 1";

/* Copies the words behind `name` when the line begins with it. */
static bool read_field(const char *line, const char *name, char *out, size_t capacity) {
  size_t length = strlen(name);
  if (strncmp(line, name, length) != 0 || line[length] != ' ' || strlen(line + length + 1) >= capacity)
    return false;
  memcpy(out, line + length + 1, strlen(line + length + 1) + 1);
  return true;
}

static bool read_number(const char *text, uint64_t *number) {
  char *end = NULL;
  *number = strtoull(text, &end, 10);
  return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *number <= INT64_MAX;
}

static void read_checkpoint(char *line, struct dm_journal_record *record) {
  char *space = strchr(line, ' ');
  uint64_t offset = 0;
  if (space == NULL || strlen(space + 1) >= sizeof record->digest)
    return;
  *space = '\0';
  if (!read_number(line, &offset))
    return;
  record->offset = offset;
  memcpy(record->digest, space + 1, strlen(space + 1) + 1);
}

static void read_line(char *line, struct dm_journal_record *record, bool *has_kind) {
  char word[32];
  uint64_t total = 0;
  struct dm_journal_source *source = &record->source;
  if (read_field(line, "source", source->url_digest, sizeof source->url_digest) ||
      read_field(line, "etag", source->etag, sizeof source->etag) ||
      read_field(line, "last-modified", source->last_modified, sizeof source->last_modified))
    return;
  if (read_field(line, "total", word, sizeof word)) {
    if (read_number(word, &total))
      source->total = (int64_t)total;
  } else if (read_field(line, "kind", word, sizeof word)) {
    *has_kind = dm_digest_find(word) >= 0;
    record->kind = *has_kind ? (enum dm_digest_kind)dm_digest_find(word) : DM_DIGEST_SHA256;
  } else
    read_checkpoint(line, record);
}

int dm_journal_parse(const char *text, size_t size, struct dm_journal_record *record) {
  char copy[JOURNAL_SIZE + 1];
  bool has_kind = false;
  memset(record, 0, sizeof *record);
  record->source.total = -1;
  if (size > JOURNAL_SIZE)
    return -1;
  memcpy(copy, text, size);
  copy[size] = '\0';
  char *line = copy;
  for (char *end = NULL; (end = strchr(line, '\n')) != NULL; line = end + 1) {
    *end = '\0';
    if (line != copy)
      read_line(line, record, &has_kind);
    else if (strcmp(line, heading) != 0)
      return -1;
  }
  bool complete = has_kind && record->offset > 0 && record->digest[0] != '\0';
  return complete && record->source.url_digest[0] != '\0' ? 0 : -1;
}

int dm_journal_read(const char *path, struct dm_journal_record *record) {
  char text[JOURNAL_SIZE + 1];
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); /* a FIFO must not hold us up */
  if (fd < 0)
    return -1;
  ssize_t got = read(fd, text, sizeof text);
  (void)close(fd);
  return got > 0 ? dm_journal_parse(text, (size_t)got, record) : -1;
}

/* "NAME VALUE\n", or nothing for an empty value. */
static int add_field(char *text, int used, const char *name, const char *value) {
  if (value[0] == '\0')
    return used;
  return used + snprintf(text + used, JOURNAL_SIZE - (size_t)used, "%s %s\n", name, value);
}

static void format(const struct dm_journal_record *record, char *text) {
  char number[32] = "";
  const struct dm_journal_source *source = &record->source;
  memset(text, '\n', JOURNAL_SIZE);
  int used = snprintf(text, JOURNAL_SIZE, "%s\n", heading);
  used = add_field(text, used, "source", source->url_digest);
  used = add_field(text, used, "etag", source->etag);
  used = add_field(text, used, "last-modified", source->last_modified);
  if (source->total >= 0)
    (void)snprintf(number, sizeof number, "%" PRId64, source->total);
  used = add_field(text, used, "total", number);
  used = add_field(text, used, "kind", dm_digest_name(record->kind));
  (void)snprintf(number, sizeof number, "%" PRIu64, record->offset);
  used = add_field(text, used, number, record->digest);
  text[used] = '\n'; /* over the NUL */
}

int dm_journal_write(const char *path, const struct dm_journal_record *record, struct dm_error *err) {
  char text[JOURNAL_SIZE];
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (fd < 0)
    return dm_error_errno(err, errno, path);
  format(record, text);
  int status = pwrite(fd, text, sizeof text, 0) == (ssize_t)sizeof text && fdatasync(fd) == 0 ? 0 : errno;
  if (close(fd) != 0 && status == 0)
    status = errno;
  return status == 0 ? 0 : dm_error_errno(err, status, path);
}
