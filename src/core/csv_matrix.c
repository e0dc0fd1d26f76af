#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/csv.h"
#include "datamaestro/printable.h"

enum {
  FIRST_ROWS = 1024,
  NAME_SIZE = 64, /* bytes of a name or a text that a message shows */
};

static size_t find_name(const struct dm_csv_row *names, const char *name) {
  size_t size = strlen(name);
  for (size_t i = 0; i < names->count; i++)
    if (names->fields[i].size == size && memcmp(names->bytes + names->fields[i].start, name, size) == 0)
      return i;
  return SIZE_MAX;
}

int dm_csv_matrix_open(struct dm_csv_matrix *matrix, const char *path, const struct dm_csv_options *options,
                       const char *target, struct dm_error *err) {
  char shown[NAME_SIZE];
  *matrix = (struct dm_csv_matrix){.csv.fd = -1, .target = SIZE_MAX, .first = true};
  if (dm_csv_open(&matrix->csv, path, options, err) != 0)
    return -1;
  if (matrix->csv.options.columns == 0)
    matrix->csv.options.columns = matrix->csv.names.count;
  size_t names = matrix->csv.names.count;
  size_t columns = matrix->csv.options.columns;
  if (names > 0 && names != columns) { /* the target's place is that of its name */
    dm_csv_matrix_close(matrix);
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: %zu names (%zu columns expected)", path, names, columns);
  }
  if (target == NULL)
    return 0;
  matrix->target = find_name(&matrix->csv.names, target);
  if (matrix->target != SIZE_MAX)
    return 0;
  dm_csv_matrix_close(matrix);
  return dm_error_set(err, DM_ERROR_FORMAT, "%s: no column '%s' (name of a column expected)", path,
                      dm_printable_text(shown, sizeof shown, target, strlen(target)));
}

/* Resizes `*numbers` to rows × columns. Large blocks move by remapping, without a copy. */
static int resize(const struct dm_csv_matrix *matrix, double **numbers, size_t rows, size_t columns,
                  struct dm_error *err) {
  size_t size = 0;
  double *larger = NULL;
  if (!__builtin_mul_overflow(rows, columns, &size) && !__builtin_mul_overflow(size, sizeof **numbers, &size))
    larger = realloc(*numbers, size > 0 ? size : 1);
  if (larger == NULL)
    return dm_error_set(err, DM_ERROR, "%s: not enough memory for %zu rows", matrix->csv.path, rows);
  *numbers = larger;
  return 0;
}

static int reserve(struct dm_csv_matrix *matrix, size_t rows, struct dm_error *err) {
  if (resize(matrix, &matrix->values, rows, matrix->columns, err) != 0 ||
      (matrix->target != SIZE_MAX && resize(matrix, &matrix->targets, rows, 1, err) != 0))
    return -1;
  matrix->capacity = rows;
  return 0;
}

/* The first row says how many columns there are, if the names did not. */
static int begin(struct dm_csv_matrix *matrix, size_t fields, struct dm_error *err) {
  const struct dm_csv *csv = &matrix->csv;
  matrix->first = false;
  matrix->csv.options.columns = fields;
  matrix->columns = fields - (matrix->target != SIZE_MAX);
  if (csv->options.size_row >= 0 && csv->size[1] != matrix->columns)
    return dm_error_set(err, DM_ERROR_FORMAT,
                        "%s:%" PRIu64 ":1: %zu columns (%" PRIu64 " stated by the file)", csv->path,
                        csv->row.line, matrix->columns, csv->size[1]);
  return 0;
}

static int add_row(struct dm_csv_matrix *matrix, struct dm_error *err) {
  const struct dm_csv_row *row = &matrix->csv.row;
  if (matrix->first && begin(matrix, row->count, err) != 0)
    return -1;
  if (matrix->rows == matrix->capacity &&
      reserve(matrix, matrix->capacity > 0 ? matrix->capacity * 2 : FIRST_ROWS, err) != 0)
    return -1;
  double *value = matrix->values + matrix->rows * matrix->columns;
  for (size_t i = 0; i < row->count; i++) {
    double *place = i == matrix->target ? &matrix->targets[matrix->rows] : value++;
    if (dm_csv_number(&matrix->csv, i, place, err) != 0)
      return -1;
  }
  matrix->rows++;
  return 0;
}

static int check_rows(const struct dm_csv_matrix *matrix, struct dm_error *err) {
  const struct dm_csv *csv = &matrix->csv;
  if (csv->options.size_row < 0 || csv->size[0] == matrix->before + matrix->rows)
    return 0;
  return dm_error_set(err, DM_ERROR_FORMAT, "%s: %" PRIu64 " rows (%" PRIu64 " stated by the file)",
                      csv->path, matrix->before + matrix->rows, csv->size[0]);
}

int dm_csv_matrix_read(struct dm_csv_matrix *matrix, size_t rows, struct dm_error *err) {
  for (size_t i = 0; i < rows; i++) {
    int status = dm_csv_next(&matrix->csv, err);
    if (status == 0)
      return check_rows(matrix, err);
    if (status < 0 || add_row(matrix, err) != 0)
      return -1;
  }
  return 1;
}

static void release_numbers(struct dm_storage *storage) {
  free(storage->bytes);
}

/* A tensor over `*numbers`, which are its own from then on. */
static int hand_over(const struct dm_csv_matrix *matrix, double **numbers, int ndim, size_t columns,
                     struct dm_tensor *tensor, struct dm_error *err) {
  const size_t shape[] = {matrix->rows, columns};
  size_t numel = 0;
  if (resize(matrix, numbers, matrix->rows, columns, err) != 0)
    return -1;
  struct dm_storage *storage = malloc(sizeof *storage);
  if (storage == NULL || !dm_shape_numel(&numel, DM_FLOAT64, ndim, shape)) {
    free(storage);
    return dm_error_set(err, DM_ERROR, "%s: not enough memory", matrix->csv.path);
  }
  *storage = (struct dm_storage){.bytes = (unsigned char *)*numbers,
                                 .size = numel * sizeof **numbers,
                                 .references = 1,
                                 .release = release_numbers};
  *numbers = NULL;
  dm_tensor_init(tensor, storage, 0, DM_FLOAT64, ndim, shape);
  dm_storage_release(storage); /* the tensor holds it now */
  return 0;
}

int dm_csv_matrix_finish(struct dm_csv_matrix *matrix, struct dm_tensor *values, struct dm_tensor *targets,
                         struct dm_error *err) {
  if (matrix->first) /* no row at all: the names still say how many columns */
    matrix->columns = matrix->csv.names.count - (matrix->target != SIZE_MAX);
  if (hand_over(matrix, &matrix->values, 2, matrix->columns, values, err) != 0)
    return -1;
  if (matrix->target != SIZE_MAX && hand_over(matrix, &matrix->targets, 1, 1, targets, err) != 0)
    return -1;
  matrix->before += matrix->rows;
  matrix->rows = 0;
  matrix->capacity = 0;
  return 0;
}

void dm_csv_matrix_close(struct dm_csv_matrix *matrix) {
  dm_csv_close(&matrix->csv);
  free(matrix->values);
  free(matrix->targets);
  matrix->values = NULL;
  matrix->targets = NULL;
}
