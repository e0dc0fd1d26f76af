#include "datamaestro/concat.h"
#include "datamaestro/part.h"

static int write_all(struct dm_reader *reader, struct dm_part *part, struct dm_error *err) {
  const unsigned char *bytes = NULL;
  size_t size = 0;
  do {
    if (reader->next(reader, &bytes, &size, err) != 0 || dm_part_write(part, bytes, size, err) != 0)
      return -1;
  } while (size > 0);
  return 0;
}

int dm_concat_file(const struct dm_concat_options *options, const char *out, struct dm_archive_report *report,
                   struct dm_error *err) {
  struct dm_part part;
  struct dm_concat *concat = NULL;
  *report = (struct dm_archive_report){0};
  if (dm_concat_open(&concat, options, err) != 0)
    return -1;
  int status = dm_part_open(&part, out, err);
  if (status == 0) {
    status = write_all(dm_concat_reader(concat), &part, err);
    *report = (struct dm_archive_report){.entries = dm_concat_entries(concat), .bytes = part.size};
    if (status == 0)
      status = dm_part_finish(&part, err);
    else
      dm_part_discard(&part);
  }
  dm_concat_close(concat);
  return status;
}
