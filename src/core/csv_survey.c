#include <stdlib.h>
#include <string.h>

#include "datamaestro/csv.h"

/* As many columns as `count`; for new ones, all rows so far had a missing value. */
static int widen(struct dm_csv_survey *survey, size_t count, struct dm_error *err) {
  struct dm_column *columns = realloc(survey->columns, count * sizeof *columns);
  if (columns == NULL)
    return dm_error_set(err, DM_ERROR, "%s: not enough memory for %zu columns", survey->csv.path, count);
  for (size_t i = survey->count; i < count; i++)
    columns[i] = (struct dm_column){.count = survey->rows, .missing = survey->rows};
  survey->columns = columns;
  survey->count = count;
  return 0;
}

int dm_csv_survey_open(struct dm_csv_survey *survey, const char *path, const struct dm_csv_options *options,
                       struct dm_error *err) {
  *survey = (struct dm_csv_survey){.csv.fd = -1};
  if (dm_csv_open(&survey->csv, path, options, err) != 0)
    return -1;
  if (survey->csv.names.count == 0 || widen(survey, survey->csv.names.count, err) == 0)
    return 0;
  dm_csv_survey_close(survey);
  return -1;
}

static int add_row(struct dm_csv_survey *survey, struct dm_error *err) {
  const struct dm_csv_row *row = &survey->csv.row;
  if (row->count > survey->count && widen(survey, row->count, err) != 0)
    return -1;
  for (size_t i = 0; i < row->count; i++)
    if (dm_column_field(&survey->columns[i], row->bytes + row->fields[i].start, row->fields[i].size, err) !=
        0)
      return -1;
  for (size_t i = row->count; i < survey->count; i++)
    dm_column_missing(&survey->columns[i]);
  survey->rows++;
  return 0;
}

int dm_csv_survey_read(struct dm_csv_survey *survey, size_t rows, struct dm_error *err) {
  for (size_t i = 0; i < rows; i++) {
    int status = dm_csv_next(&survey->csv, err);
    if (status <= 0)
      return status;
    if (add_row(survey, err) != 0)
      return -1;
  }
  return 1;
}

void dm_csv_survey_close(struct dm_csv_survey *survey) {
  for (size_t i = 0; i < survey->count; i++)
    dm_column_close(&survey->columns[i]);
  free(survey->columns);
  dm_csv_close(&survey->csv);
  *survey = (struct dm_csv_survey){.csv.fd = -1};
}
