#include "datamaestro/concat.h"
#include "datamaestro/part.h"

int dm_concat_file(const struct dm_concat_options *options, const char *out, struct dm_archive_report *report,
                   struct dm_error *err) {
  struct dm_concat *concat = NULL;
  *report = (struct dm_archive_report){0};
  if (dm_concat_open(&concat, options, err) != 0)
    return -1;
  int status = dm_part_fill(out, dm_concat_reader(concat), &report->bytes, err);
  report->entries = dm_concat_entries(concat);
  dm_concat_close(concat);
  return status;
}
