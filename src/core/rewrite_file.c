#include "datamaestro/part.h"
#include "datamaestro/rewrite.h"
#include "datamaestro/source.h"

int dm_rewrite_file(const char *path, const char *out, const struct dm_rewrite_rule *rules, size_t count,
                    uint64_t *size, struct dm_error *err) {
  struct dm_rewrite *rewrite = NULL;
  struct dm_source *source = NULL;
  if (dm_rewrite_open(&rewrite, rules, count, err) != 0)
    return -1;
  int status = dm_source_open(&source, path, err);
  if (status == 0)
    status = dm_rewrite_begin(rewrite, dm_source_reader(source), path, err);
  if (status == 0)
    status = dm_part_fill(out, dm_rewrite_reader(rewrite), size, err);
  dm_rewrite_close(rewrite);
  dm_source_close(source);
  return status;
}
