/* What there is to say of many values that pass by: how many, of which kind, from where to where. Memory is
 * bounded, whatever passes. */
#ifndef DATAMAESTRO_COLUMN_H
#define DATAMAESTRO_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datamaestro/error.h"
#include "datamaestro/tensor.h"

enum {
  DM_COLUMN_EXACT = 1 << 16,    /* different values that are told apart exactly */
  DM_COLUMN_REGISTERS = 1 << 12 /* of the estimate beyond: its standard error is 1.04 / sqrt(4096) = 1.6 % */
};

/* Zeroed it is empty. */
struct dm_column {
  uint64_t count;    /* values, missing ones too */
  uint64_t missing;  /* empty fields, JSON's null, NaN */
  uint64_t nans;     /* … of these */
  uint64_t integers; /* … of the others: whole numbers, written without point and exponent */
  uint64_t numbers;  /* numbers, integers too */
  uint64_t texts;    /* what is no number */
  uint64_t longest;  /* bytes of the longest text as written */
  double least;      /* of the numbers, where there are any; exact for integers up to 2^53 */
  double greatest;
  double sum; /* compensated */
  double compensation;
  uint64_t *hashes; /* of the different values: an open table, 0 where it is free; NULL when empty */
  size_t capacity;  /* of the table, a power of two */
  size_t used;
  unsigned char *registers; /* HyperLogLog, once there are more than DM_COLUMN_EXACT; else NULL */
};

/* Frees; empty is fine. */
void dm_column_close(struct dm_column *column);

/* Takes a field as it is written: missing where it is empty or only spaces, `nan` or `NaN`, else a number
 * (datamaestro/number.h), else text. `bytes[size]` must be writable: it is changed and put back. Fails for
 * want of memory only, as all below do. */
int dm_column_field(struct dm_column *column, char *bytes, size_t size, struct dm_error *err);

/* Takes a text that is no number, whatever it looks like. */
int dm_column_text(struct dm_column *column, const char *bytes, size_t size, struct dm_error *err);

/* Takes a number; NaN is missing. */
int dm_column_number(struct dm_column *column, double value, bool is_integer, struct dm_error *err);

/* Takes a missing value. */
void dm_column_missing(struct dm_column *column);

/* Takes all elements of a tensor. */
int dm_column_tensor(struct dm_column *column, const struct dm_tensor *tensor, struct dm_error *err);

/* Mean of the numbers; 0 without any. */
double dm_column_mean(const struct dm_column *column);

/* The number of different values that are not missing; an estimate unless `*exact`. */
uint64_t dm_column_distinct(const struct dm_column *column, bool *exact);

/* How often each value occurs, of a tensor of integers of which there are `DM_CLASSES_MAXIMUM` different ones
 * at most. */
enum { DM_CLASSES_MAXIMUM = 1000 };

struct dm_classes {
  size_t count; /* different values; above DM_CLASSES_MAXIMUM: too many, the rest has no meaning */
  int64_t values[DM_CLASSES_MAXIMUM + 1]; /* ascending */
  uint64_t counts[DM_CLASSES_MAXIMUM + 1];
};

/* Counts the classes of a tensor of an integer type; reads no further once there are too many. */
void dm_classes_count(struct dm_classes *classes, const struct dm_tensor *tensor);

#endif
