/* Text that is made for other programs: a buffer that grows, numbers that read back as they are, fields of
 * JSON and of CSV. */
#ifndef DATAMAESTRO_TEXT_H
#define DATAMAESTRO_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datamaestro/tensor.h"

/* A buffer; zeroed it is empty. Want of memory is kept in `failed`, and all later calls do nothing. */
struct dm_text {
  char *bytes;     /* not terminated; NULL when empty */
  size_t size;     /* bytes */
  size_t capacity; /* bytes */
  bool failed;     /* memory ran out */
};

/* Frees; empty is fine. */
void dm_text_close(struct dm_text *text);

/* Appends bytes as they are. */
void dm_text_put(struct dm_text *text, const char *bytes, size_t size);

/* Appends an integer in decimal digits. */
void dm_text_integer(struct dm_text *text, int64_t value);

/* Appends a number in the fewest digits that read back as the same value of `dtype` (DM_FLOAT32 or
 * DM_FLOAT64), with a point or an exponent: "0.1", "1.0", "1e+300". Without `json` infinities and NaN are
 * "inf", "-inf", "nan"; JSON has none of them, so there they are null. */
void dm_text_real(struct dm_text *text, double value, enum dm_dtype dtype, bool json);

/* Appends a JSON string. Bytes that are not UTF-8 become "\udcNN", as Python's surrogateescape has it. */
void dm_text_json_string(struct dm_text *text, const char *bytes, size_t size);

/* Whether the bytes are a number as JSON writes it, to the byte: no sign +, no leading zeros, no spaces. */
bool dm_text_is_json_number(const char *bytes, size_t size);

/* Appends a field of CSV: in quotes where it holds a comma, a quote or a line end, or where `alone` in its
 * row it is empty, which would otherwise be no row. */
void dm_text_csv_field(struct dm_text *text, const char *bytes, size_t size, bool alone);

/* Appends the tensor's parts along the first dimension (1 dimension at least), a line each: as JSON,
 * numbers or nested arrays, else as CSV, all numbers of a part side by side. */
void dm_text_tensor(struct dm_text *text, const struct dm_tensor *tensor, bool json);

#endif
