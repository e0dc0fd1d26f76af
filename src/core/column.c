#include "datamaestro/column.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/number.h"
#include "tensor_blocks.h"

enum {
  CAPACITY_FIRST = 64,
  REGISTER_BITS = 12, /* DM_COLUMN_REGISTERS is two to the power of it */
};

void dm_column_close(struct dm_column *column) {
  free(column->hashes);
  free(column->registers);
  *column = (struct dm_column){.hashes = NULL};
}

static int out_of_memory(struct dm_error *err) {
  return dm_error_set(err, DM_ERROR, "not enough memory to count different values");
}

/* Spreads all bits of `word` over all of the result (the finalizer of MurmurHash3); never 0, which marks
 * free places. */
static uint64_t mix(uint64_t word) {
  word ^= word >> 33;
  word *= UINT64_C(0xff51afd7ed558ccd);
  word ^= word >> 33;
  word *= UINT64_C(0xc4ceb9fe1a85ec53);
  word ^= word >> 33;
  return word != 0 ? word : 1;
}

static uint64_t hash_bytes(const char *bytes, size_t size) {
  uint64_t hash = mix(size + 1);
  for (; size >= 8; bytes += 8, size -= 8) {
    uint64_t word = 0;
    memcpy(&word, bytes, 8);
    hash = mix(hash ^ word) + UINT64_C(0x9e3779b97f4a7c15);
  }
  uint64_t word = 0;
  memcpy(&word, bytes, size);
  return mix(hash ^ word);
}

/* The first bits choose a register, which keeps the longest run of zeros at the start of the others. */
static void estimate(struct dm_column *column, uint64_t hash) {
  uint64_t rest = hash << REGISTER_BITS | UINT64_C(1) << (REGISTER_BITS - 1);
  unsigned char run = (unsigned char)(__builtin_clzll(rest) + 1);
  unsigned char *place = &column->registers[hash >> (64 - REGISTER_BITS)];
  if (run > *place)
    *place = run;
}

/* Gives the exact table up for the estimate. */
static int begin_estimate(struct dm_column *column, struct dm_error *err) {
  column->registers = calloc(DM_COLUMN_REGISTERS, 1);
  if (column->registers == NULL)
    return out_of_memory(err);
  for (size_t i = 0; i < column->capacity; i++)
    if (column->hashes[i] != 0)
      estimate(column, column->hashes[i]);
  free(column->hashes);
  column->hashes = NULL;
  column->capacity = 0;
  return 0;
}

/* The place of a hash in the table, or the free one where it would go. */
static size_t find_place(const uint64_t *hashes, size_t capacity, uint64_t hash) {
  size_t at = (size_t)hash & (capacity - 1);
  while (hashes[at] != 0 && hashes[at] != hash)
    at = (at + 1) & (capacity - 1);
  return at;
}

static int grow(struct dm_column *column, struct dm_error *err) {
  size_t capacity = column->capacity > 0 ? column->capacity * 2 : CAPACITY_FIRST;
  uint64_t *hashes = calloc(capacity, sizeof *hashes);
  if (hashes == NULL)
    return out_of_memory(err);
  for (size_t i = 0; i < column->capacity; i++)
    if (column->hashes[i] != 0)
      hashes[find_place(hashes, capacity, column->hashes[i])] = column->hashes[i];
  free(column->hashes);
  column->hashes = hashes;
  column->capacity = capacity;
  return 0;
}

static int add_hash(struct dm_column *column, uint64_t hash, struct dm_error *err) {
  if (column->registers == NULL && column->used >= DM_COLUMN_EXACT && begin_estimate(column, err) != 0)
    return -1;
  if (column->registers != NULL) {
    estimate(column, hash);
    return 0;
  }
  if (column->used * 2 >= column->capacity && grow(column, err) != 0)
    return -1;
  size_t at = find_place(column->hashes, column->capacity, hash);
  column->used += column->hashes[at] == 0;
  column->hashes[at] = hash;
  return 0;
}

/* Neumaier's summation: what each addition rounds away is kept apart. */
static void add_to_sum(struct dm_column *column, double value) {
  double sum = column->sum + value;
  if (isfinite(sum))
    column->compensation +=
        fabs(column->sum) >= fabs(value) ? (column->sum - sum) + value : (value - sum) + column->sum;
  column->sum = sum;
}

static void measure(struct dm_column *column, double value, bool is_integer) {
  column->count++;
  if (column->numbers == 0 || value < column->least)
    column->least = value;
  if (column->numbers == 0 || value > column->greatest)
    column->greatest = value;
  column->numbers++;
  column->integers += is_integer;
  add_to_sum(column, value);
}

static uint64_t hash_number(double value) {
  uint64_t bits = 0;
  value += 0.0; /* -0.0 is 0.0 */
  memcpy(&bits, &value, sizeof bits);
  return mix(bits ^ UINT64_C(0x6e756d626572)); /* apart from texts of the same bytes */
}

int dm_column_number(struct dm_column *column, double value, bool is_integer, struct dm_error *err) {
  if (value != value) {
    column->nans++;
    dm_column_missing(column);
    return 0;
  }
  measure(column, value, is_integer);
  return add_hash(column, hash_number(value), err);
}

void dm_column_missing(struct dm_column *column) {
  column->count++;
  column->missing++;
}

int dm_column_text(struct dm_column *column, const char *bytes, size_t size, struct dm_error *err) {
  column->count++;
  column->texts++;
  if (size > column->longest)
    column->longest = size;
  return add_hash(column, hash_bytes(bytes, size), err);
}

static bool is_blank(const char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (bytes[i] != ' ' && bytes[i] != '\t')
      return false;
  return true;
}

/* Whether a field that is a number is written as an integer: digits, perhaps after a sign, that 64 bits hold
 * (the greatest of them is the double 2^63). */
static bool is_integer_text(const char *bytes, size_t size, double value) {
  if (value < -0x1p63 || value > 0x1p63)
    return false;
  for (size_t i = 0; i < size; i++)
    if ((bytes[i] < '0' || bytes[i] > '9') && bytes[i] != '-' && bytes[i] != '+' && bytes[i] != ' ')
      return false;
  return true;
}

int dm_column_field(struct dm_column *column, char *bytes, size_t size, struct dm_error *err) {
  double value = 0;
  if (is_blank(bytes, size)) {
    dm_column_missing(column);
    return 0;
  }
  if (!dm_number_parse(bytes, size, &value))
    return dm_column_text(column, bytes, size, err);
  if (size > column->longest)
    column->longest = size;
  return dm_column_number(column, value, is_integer_text(bytes, size, value), err);
}

int dm_column_tensor(struct dm_column *column, const struct dm_tensor *tensor, struct dm_error *err) {
  struct dm_blocks blocks;
  const size_t item = dm_dtype_size(tensor->dtype);
  size_t count = 0;
  const unsigned char *elements = NULL;
  dm_blocks_start(&blocks, tensor);
  while ((elements = dm_blocks_next(&blocks, DM_BLOCK_SIZE / item, &count)) != NULL)
    for (size_t i = 0; i < count; i++) {
      struct dm_scalar value = dm_dtype_load(tensor->dtype, elements + i * item);
      double real = value.is_integer ? (double)value.integer : value.real;
      if (dm_column_number(column, real, value.is_integer, err) != 0)
        return -1;
    }
  return 0;
}

double dm_column_mean(const struct dm_column *column) {
  double sum = isfinite(column->sum) ? column->sum + column->compensation : column->sum;
  return column->numbers > 0 ? sum / (double)column->numbers : 0;
}

/* Flajolet, Fusy, Gandouet and Meunier, "HyperLogLog", 2007, figure 3; there are more than 65,536 values, so
 * that the correction for small numbers is never wanted, and hashes of 64 bits need none for large ones. */
uint64_t dm_column_distinct(const struct dm_column *column, bool *exact) {
  const double registers = DM_COLUMN_REGISTERS;
  double sum = 0;
  *exact = column->registers == NULL;
  if (*exact)
    return column->used;
  for (size_t i = 0; i < DM_COLUMN_REGISTERS; i++)
    sum += ldexp(1, -column->registers[i]);
  return (uint64_t)(0.7213 / (1 + 1.079 / registers) * registers * registers / sum);
}

/* The place of a value, or the one where it would go. */
static size_t search(const struct dm_classes *classes, int64_t value) {
  size_t low = 0;
  size_t high = classes->count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (classes->values[middle] < value)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static void add_class(struct dm_classes *classes, int64_t value) {
  size_t at = search(classes, value);
  if (at < classes->count && classes->values[at] == value) {
    classes->counts[at]++;
    return;
  }
  size_t behind = classes->count - at;
  if (classes->count++ >= DM_CLASSES_MAXIMUM)
    return;
  memmove(&classes->values[at + 1], &classes->values[at], behind * sizeof *classes->values);
  memmove(&classes->counts[at + 1], &classes->counts[at], behind * sizeof *classes->counts);
  classes->values[at] = value;
  classes->counts[at] = 1;
}

void dm_classes_count(struct dm_classes *classes, const struct dm_tensor *tensor) {
  struct dm_blocks blocks;
  const size_t item = dm_dtype_size(tensor->dtype);
  size_t count = 0;
  const unsigned char *elements = NULL;
  classes->count = 0;
  dm_blocks_start(&blocks, tensor);
  while ((elements = dm_blocks_next(&blocks, DM_BLOCK_SIZE / item, &count)) != NULL)
    for (size_t i = 0; i < count && classes->count <= DM_CLASSES_MAXIMUM; i++)
      add_class(classes, dm_dtype_load(tensor->dtype, elements + i * item).integer);
}
