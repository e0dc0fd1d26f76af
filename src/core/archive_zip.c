#include "archive_zip.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.14 to 4.3.16: the list's end, before it in
 * zip64 archives a pointer to another one with wider fields. */
enum { END_SIZE = 22, POINTER_SIZE = 20, WIDE_SIZE = 56, COMMENT_MAXIMUM = 0xffff, NARROW = 0x10000 };

/* What the end says. */
struct list_end {
  uint64_t count; /* members */
  bool is_wide;   /* of 64 bits: else the count is modulo 2^16, for many writers let it overflow */
};

static uint64_t number_at(const unsigned char *bytes, size_t size) {
  uint64_t value = 0;
  while (size-- > 0)
    value = value << 8 | bytes[size];
  return value;
}

bool dm_archive_zip_is_empty(const struct dm_archive_input *input) {
  static const unsigned char start[20] = {'P', 'K', 5, 6};
  return strcmp(input->kind, "zip") == 0 && memcmp(input->head, start, sizeof start) == 0 &&
         input->size == END_SIZE + number_at(input->head + 20, 2);
}

/* The last end in the file's last bytes, or NULL. Its comment may follow, and be cut. */
static const unsigned char *find_end(const unsigned char *bytes, size_t size) {
  for (size_t at = size < END_SIZE ? 0 : size - END_SIZE + 1; at-- > 0;)
    if (memcmp(bytes + at, "PK\5\6", 4) == 0)
      return bytes + at;
  return NULL;
}

static int read_wide(const struct dm_archive_input *input, uint64_t offset, struct list_end *end,
                     struct dm_error *err) {
  unsigned char wide[WIDE_SIZE];
  size_t count = 0;
  if (offset > input->size || dm_source_peek(input->file, offset, wide, sizeof wide, &count, err) != 0)
    return offset > input->size ? 0 : -1;
  if (count == sizeof wide && memcmp(wide, "PK\6\6", 4) == 0) {
    end->count = number_at(wide + 32, 8);
    end->is_wide = true;
  }
  return 0;
}

static int read_end(const struct dm_archive_input *input, unsigned char *bytes, size_t capacity,
                    struct list_end *end, struct dm_error *err) {
  size_t size = 0;
  uint64_t start = input->size > capacity ? input->size - capacity : 0;
  if (dm_source_peek(input->file, start, bytes, capacity, &size, err) != 0)
    return -1;
  const unsigned char *found = find_end(bytes, size);
  if (found == NULL)
    return 0;
  end->count = number_at(found + 10, 2);
  if (found - bytes >= POINTER_SIZE && memcmp(found - POINTER_SIZE, "PK\6\7", 4) == 0)
    return read_wide(input, number_at(found - POINTER_SIZE + 8, 8), end, err);
  return 0;
}

int dm_archive_zip_check(const struct dm_archive_input *input, const char *subject, uint64_t found,
                         struct dm_error *err) {
  enum { CAPACITY = POINTER_SIZE + END_SIZE + COMMENT_MAXIMUM };
  struct list_end end = {0};
  unsigned char *bytes = malloc(CAPACITY);
  if (bytes == NULL)
    return dm_error_set(err, DM_ERROR, "%s: no memory", subject);
  int status = read_end(input, bytes, CAPACITY, &end, err);
  free(bytes);
  if (status != 0 || end.count == (end.is_wide ? found : found % NARROW))
    return status;
  return dm_error_set(err, DM_ERROR_FORMAT,
                      "%s: damaged zip archive: %" PRIu64 " members found (%" PRIu64 " in its list expected)",
                      subject, found, end.count);
}
