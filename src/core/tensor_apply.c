#include <math.h>
#include <string.h>

#include "datamaestro/tensor_math.h"
#include "tensor_blocks.h"

/* Kernels: `count` dense native elements of one type from each side; false where a result does not fit. As in
 * tensor_convert.c the culprit is looked for afterwards. */
typedef bool kernel(const unsigned char *restrict a, const unsigned char *restrict b, size_t count,
                    unsigned char *restrict out);

/* Wide enough for sums and products of 64-bit integers. */
__extension__ typedef __int128 wide;

#define DEFINE_KERNEL(OPERATION, NAME, TYPE, WIDE, RESULT, EXPRESSION, FITS)                                 \
  static bool OPERATION##_##NAME(const unsigned char *restrict a, const unsigned char *restrict b,           \
                                 size_t count, unsigned char *restrict out) {                                \
    bool fits = true;                                                                                        \
    for (size_t i = 0; i < count; i++) {                                                                     \
      TYPE x;                                                                                                \
      TYPE y;                                                                                                \
      memcpy(&x, a + i * sizeof x, sizeof x);                                                                \
      memcpy(&y, b + i * sizeof y, sizeof y);                                                                \
      WIDE value = (WIDE)(EXPRESSION);                                                                       \
      RESULT result = (RESULT)value;                                                                         \
      memcpy(out + i * sizeof result, &result, sizeof result);                                               \
      fits &= (FITS);                                                                                        \
    }                                                                                                        \
    return fits;                                                                                             \
  }

#define EXACT(OPERATION, NAME, TYPE, WIDE, EXPRESSION)                                                       \
  DEFINE_KERNEL(OPERATION, NAME, TYPE, WIDE, TYPE, EXPRESSION, value == result)
#define ROUNDED(OPERATION, NAME, TYPE, EXPRESSION)                                                           \
  DEFINE_KERNEL(OPERATION, NAME, TYPE, TYPE, TYPE, EXPRESSION, true)
#define COMPARISON(OPERATION, NAME, TYPE, OPERATOR)                                                          \
  DEFINE_KERNEL(OPERATION, NAME, TYPE, uint8_t, uint8_t, x OPERATOR y, true)

/* What differs from itself is NaN; of integers the compiler knows better. */
#define FOR_ALL(NAME, TYPE)                                                                                  \
  ROUNDED(minimum, NAME, TYPE, x < y || x != x ? x : y)                                                      \
  ROUNDED(maximum, NAME, TYPE, x > y || x != x ? x : y)                                                      \
  COMPARISON(eq, NAME, TYPE, ==)                                                                             \
  COMPARISON(ne, NAME, TYPE, !=)                                                                             \
  COMPARISON(lt, NAME, TYPE, <)                                                                              \
  COMPARISON(le, NAME, TYPE, <=)                                                                             \
  COMPARISON(gt, NAME, TYPE, >)                                                                              \
  COMPARISON(ge, NAME, TYPE, >=)
#define FOR_INTEGERS(NAME, TYPE, WIDE)                                                                       \
  EXACT(add, NAME, TYPE, WIDE, (WIDE)x + y)                                                                  \
  EXACT(sub, NAME, TYPE, WIDE, (WIDE)x - y)                                                                  \
  EXACT(mul, NAME, TYPE, WIDE, (WIDE)x *y)                                                                   \
  EXACT(abs, NAME, TYPE, WIDE, (WIDE)x > -(WIDE)x ? (WIDE)x : -(WIDE)x)                                      \
  FOR_ALL(NAME, TYPE)
#define FOR_FLOATS(CONSTANT, TYPE, NAME)                                                                     \
  ROUNDED(add, NAME, TYPE, x + y)                                                                            \
  ROUNDED(sub, NAME, TYPE, x - y)                                                                            \
  ROUNDED(mul, NAME, TYPE, x *y)                                                                             \
  ROUNDED(div, NAME, TYPE, x / y)                                                                            \
  ROUNDED(abs, NAME, TYPE, _Generic(x, float : fabsf, double : fabs)(x))                                     \
  FOR_ALL(NAME, TYPE)

FOR_INTEGERS(uint8, uint8_t, int32_t)
FOR_INTEGERS(int8, int8_t, int32_t)
FOR_INTEGERS(uint16, uint16_t, int64_t)
FOR_INTEGERS(int16, int16_t, int32_t)
FOR_INTEGERS(int32, int32_t, int64_t)
FOR_INTEGERS(int64, int64_t, wide)
DM_FLOAT_TYPES(FOR_FLOATS)

/* NULL where the operation never takes place in that type. */
static const struct {
  const char *name;
  kernel *kernels[DM_DTYPES];
} operations[DM_OPERATIONS] = {
#define FLOATS(NAME) [DM_FLOAT32] = NAME##_float32, [DM_FLOAT64] = NAME##_float64
#define ALL(NAME)                                                                                            \
  {                                                                                                          \
#NAME, {                                                                                                 \
      [DM_UINT8] = NAME##_uint8, [DM_INT8] = NAME##_int8, [DM_UINT16] = NAME##_uint16,                       \
      [DM_INT16] = NAME##_int16, [DM_INT32] = NAME##_int32, [DM_INT64] = NAME##_int64, FLOATS(NAME)          \
    }                                                                                                        \
  }
    [DM_ADD] = ALL(add),
    [DM_SUB] = ALL(sub),
    [DM_MUL] = ALL(mul),
    [DM_ABS] = ALL(abs),
    [DM_MINIMUM] = ALL(minimum),
    [DM_MAXIMUM] = ALL(maximum),
    [DM_EQ] = ALL(eq),
    [DM_NE] = ALL(ne),
    [DM_LT] = ALL(lt),
    [DM_LE] = ALL(le),
    [DM_GT] = ALL(gt),
    [DM_GE] = ALL(ge),
    [DM_DIV] = {"div", {FLOATS(div)}},
};

const char *dm_operation_name(enum dm_operation operation) {
  return operations[operation].name;
}

/* The elements of an operand, in the type of the operation. */
struct side {
  bool is_number; /* `elements.converted` is full of it */
  struct dm_typed elements;
};

struct application {
  enum dm_operation operation;
  enum dm_dtype type;  /* in which the operation takes place */
  enum dm_dtype made;  /* what the kernel gives: `type`, or uint8 for a comparison */
  enum dm_dtype final; /* the result's */
  struct side sides[2];
};

static enum dm_dtype join_integers(enum dm_dtype a, enum dm_dtype b) {
  enum dm_dtype large = dm_dtype_size(a) > dm_dtype_size(b) ? a : b;
  enum dm_dtype small = large == a ? b : a;
  if (a == b)
    return a;
  if (large == DM_UINT16 || small == DM_UINT16)
    return small == DM_UINT8 ? DM_UINT16 : dm_dtype_size(large) > 2 ? large : DM_INT32;
  return dm_dtype_size(large) == 1 ? DM_INT16 : large;
}

static enum dm_dtype join_types(enum dm_dtype a, enum dm_dtype b) {
  if (dm_dtype_is_integer(a) && dm_dtype_is_integer(b))
    return join_integers(a, b);
  bool fit_float32 = (a == DM_FLOAT32 || dm_dtype_size(a) <= 2) && (b == DM_FLOAT32 || dm_dtype_size(b) <= 2);
  return fit_float32 ? DM_FLOAT32 : DM_FLOAT64;
}

/* The number as a tensor of no dimensions over `storage`, which lives on the caller's stack. */
static struct dm_tensor number_tensor(const struct dm_scalar *number, struct dm_storage *storage) {
  const void *data = number->is_integer ? (const void *)&number->integer : (const void *)&number->real;
  *storage = (struct dm_storage){.size = sizeof number->real, .references = 1};
  return (struct dm_tensor){
      .storage = storage, .data = data, .dtype = number->is_integer ? DM_INT64 : DM_FLOAT64};
}

/* The type in which elements of `dtype` meet a number. */
static enum dm_dtype join_number(enum dm_dtype dtype, const struct dm_scalar *number) {
  unsigned char out[sizeof(double)];
  if (!dm_dtype_is_integer(dtype))
    return dtype;
  if (!number->is_integer)
    return DM_FLOAT64;
  return dm_dtype_conversion(DM_INT64, dtype)((const unsigned char *)&number->integer, 1, out) ? dtype
                                                                                               : DM_INT64;
}

static void choose_types(struct application *application, const struct dm_operand *a,
                         const struct dm_operand *b) {
  const struct dm_tensor *tensor = a->tensor != NULL ? a->tensor : b->tensor;
  const struct dm_scalar *number = a->tensor != NULL ? &b->number : &a->number;
  bool two = a->tensor != NULL && b->tensor != NULL;
  application->type =
      two ? join_types(a->tensor->dtype, b->tensor->dtype) : join_number(tensor->dtype, number);
  if (application->operation == DM_DIV && dm_dtype_is_integer(application->type))
    application->type = DM_FLOAT64;
  bool is_exact = !two && dm_dtype_is_integer(application->type);
  application->made = application->operation >= DM_EQ ? DM_UINT8 : application->type;
  application->final = is_exact && application->operation < DM_EQ ? tensor->dtype : application->made;
}

static void start_side(struct side *side, const struct dm_operand *operand, enum dm_dtype type) {
  side->is_number = operand->tensor == NULL;
  if (!side->is_number) {
    dm_typed_start(&side->elements, operand->tensor, type);
    return;
  }
  struct dm_storage storage;
  struct dm_tensor number = number_tensor(&operand->number, &storage);
  size_t item = dm_dtype_size(type);
  dm_typed_start(&side->elements, &number, type);
  unsigned char value[sizeof(double)];
  memcpy(value, dm_typed_take(&side->elements, 1), item);
  for (size_t i = 0; i < DM_TYPED_COUNT; i++)
    memcpy(side->elements.converted + i * item, value, item);
}

static const unsigned char *take(struct side *side, size_t count) {
  return side->is_number ? side->elements.converted : dm_typed_take(&side->elements, count);
}

/* Combines `count` elements; false where one does not fit. */
static bool combine(const struct application *application, const unsigned char *a, const unsigned char *b,
                    size_t count, unsigned char *out) {
  unsigned char made[DM_BLOCK_SIZE];
  bool is_final = application->made == application->final;
  return operations[application->operation].kernels[application->type](a, b, count, is_final ? out : made) &&
         (is_final || dm_dtype_conversion(application->made, application->final)(made, count, out));
}

/* Names the first operands of `count` whose result does not fit; there are some. */
static int refuse(const struct application *application, const unsigned char *a, const unsigned char *b,
                  size_t count, struct dm_error *err) {
  unsigned char out[sizeof(double)];
  size_t item = dm_dtype_size(application->type);
  size_t i = 0;
  while (i + 1 < count && combine(application, a + i * item, b + i * item, 1, out))
    i++;
  long long left = (long long)dm_dtype_load(application->type, a + i * item).integer;
  long long right = (long long)dm_dtype_load(application->type, b + i * item).integer;
  const char *name = operations[application->operation].name;
  const char *type = dm_dtype_name(application->final);
  if (application->operation == DM_ABS)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s of %lld: out of range (%s expected: copy to a larger type)",
                        name, left, type);
  return dm_error_set(err, DM_ERROR_FORMAT,
                      "%s of %lld and %lld: out of range (%s expected: copy to a larger type)", name, left,
                      right, type);
}

static int fill(struct application *application, size_t numel, unsigned char *out, struct dm_error *err) {
  size_t now = 0;
  for (size_t done = 0; done < numel; done += now) {
    now = numel - done < DM_TYPED_COUNT ? numel - done : DM_TYPED_COUNT;
    const unsigned char *a = take(&application->sides[0], now);
    const unsigned char *b = take(&application->sides[1], now);
    if (!combine(application, a, b, now, out + done * dm_dtype_size(application->final)))
      return refuse(application, a, b, now, err);
  }
  return 0;
}

static int check_shapes(const struct dm_tensor *a, const struct dm_tensor *b, const char *name,
                        struct dm_error *err) {
  char left[DM_SHAPE_TEXT_SIZE];
  char right[DM_SHAPE_TEXT_SIZE];
  if (a == NULL || b == NULL ||
      (a->ndim == b->ndim && memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof *a->shape) == 0))
    return 0;
  return dm_error_set(err, DM_ERROR_USAGE, "%s: shapes %s and %s (two of one shape expected)", name,
                      dm_shape_text(left, a->ndim, a->shape, " × "),
                      dm_shape_text(right, b->ndim, b->shape, " × "));
}

int dm_tensor_apply(struct dm_tensor *result, enum dm_operation operation, const struct dm_operand *a,
                    const struct dm_operand *b, struct dm_error *err) {
  struct application application; /* not zeroed: it holds blocks */
  const struct dm_tensor *tensor = a->tensor != NULL ? a->tensor : b->tensor;
  if (check_shapes(a->tensor, b->tensor, operations[operation].name, err) != 0)
    return -1;
  application.operation = operation;
  choose_types(&application, a, b);
  if (dm_tensor_alloc(result, application.final, tensor->ndim, tensor->shape, err) != 0)
    return -1;
  start_side(&application.sides[0], a, application.type);
  start_side(&application.sides[1], b, application.type);
  if (fill(&application, dm_tensor_numel(tensor), result->storage->bytes, err) == 0)
    return 0;
  dm_tensor_close(result);
  return -1;
}
