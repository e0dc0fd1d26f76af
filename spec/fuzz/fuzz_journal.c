/* Journals of downloads: any bytes are read without harm; what is taken for a journal says something that can
 * be used, and says the same when it is written and read again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datamaestro/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[] = "/dev/shm/fuzz_journal.XXXXXX";

static void demand(int holds) {
  if (!holds)
    abort();
}

static void remove_file(void) {
  (void)unlink(path);
}

static void open_file(void) {
  static int fd = -1;
  if (fd >= 0)
    return;
  fd = mkstemp(path);
  demand(fd >= 0);
  (void)atexit(remove_file);
}

static int is_ended(const char *text, size_t capacity) {
  return memchr(text, '\0', capacity) != NULL;
}

static void check(const struct dm_journal_record *record) {
  const struct dm_journal_source *source = &record->source;
  demand(record->offset > 0 && record->offset <= INT64_MAX);
  demand(source->total >= -1);
  demand(record->kind < DM_DIGEST_KINDS);
  demand(is_ended(record->digest, sizeof record->digest) && record->digest[0] != '\0');
  demand(is_ended(source->url_digest, sizeof source->url_digest) && source->url_digest[0] != '\0');
  demand(is_ended(source->etag, sizeof source->etag));
  demand(is_ended(source->last_modified, sizeof source->last_modified));
}

static void compare(const struct dm_journal_record *one, const struct dm_journal_record *other) {
  demand(one->offset == other->offset && one->kind == other->kind);
  demand(strcmp(one->digest, other->digest) == 0);
  demand(one->source.total == other->source.total);
  demand(strcmp(one->source.url_digest, other->source.url_digest) == 0);
  demand(strcmp(one->source.etag, other->source.etag) == 0);
  demand(strcmp(one->source.last_modified, other->source.last_modified) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct dm_journal_record record;
  struct dm_journal_record again;
  struct dm_error err;
  char *text = malloc(size + 1);
  demand(text != NULL);
  memcpy(text, data, size); /* of just that size, so that a read behind it is found */
  int status = dm_journal_parse(text, size, &record);
  free(text);
  if (status != 0)
    return 0;
  open_file();
  check(&record);
  demand(dm_journal_write(path, &record, &err) == 0);
  demand(dm_journal_read(path, &again) == 0);
  compare(&record, &again);
  return 0;
}
