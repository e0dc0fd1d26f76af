/* Methods of tensors that give many values away. */
#include "lua_util.h"
#include "tensor_handle.h"

/* t:bytes([dtype]) → string of all elements, row-major, in this machine's byte order, as dtype (t's own
 * by default) | nil, message, code: to a float type values are rounded; to an integer type a value
 * that is not a whole number in range is "format". */
static int tensor_bytes(lua_State *L) {
  struct dm_error err;
  luaL_Buffer buffer;
  size_t size = 0;
  const struct dm_tensor *tensor = dm_lua_tensor_check(L, 1);
  enum dm_dtype dtype = dm_lua_dtype_check(L, 2, &tensor->dtype);
  tensor = dm_lua_tensor_hold(L, 1);
  if (__builtin_mul_overflow(dm_tensor_numel(tensor), dm_dtype_size(dtype), &size) || size > PTRDIFF_MAX)
    return luaL_error(L, "bytes: more than a string can hold");
  char *out = luaL_buffinitsize(L, &buffer, size);
  if (dm_tensor_convert(tensor, dtype, out, size, &err) != 0)
    return dm_lua_fail(L, &err);
  luaL_pushresultsize(&buffer, size);
  return 1;
}

static int push_copy(lua_State *L, const struct dm_tensor *tensor, enum dm_dtype dtype) {
  struct dm_error err;
  struct dm_tensor *copy = dm_lua_tensor_result(L, tensor);
  if (dm_tensor_copy(copy, tensor, dtype, &err) != 0)
    return dm_lua_fail(L, &err);
  dm_lua_tensor_account(L, copy);
  return 1;
}

/* t:copy([dtype]) → contiguous tensor over memory of its own, of type dtype (t's own by default) | nil,
 * message, code: conversion as in t:bytes. */
static int tensor_copy(lua_State *L) {
  const struct dm_tensor *tensor = dm_lua_tensor_check(L, 1);
  return push_copy(L, tensor, dm_lua_dtype_check(L, 2, &tensor->dtype));
}

/* t:contiguous() → t itself where it is contiguous, else a copy that is | nil, message, code. */
static int tensor_contiguous(lua_State *L) {
  const struct dm_tensor *tensor = dm_lua_tensor_check(L, 1);
  if (!dm_tensor_is_contiguous(tensor))
    return push_copy(L, tensor, tensor->dtype);
  lua_settop(L, 1);
  return 1;
}

/* Pushes the elements below the first `dim` indices as nested tables. */
static void push_nested(lua_State *L, const struct dm_tensor *tensor, int dim, size_t *index) {
  size_t size = tensor->shape[dim];
  lua_createtable(L, size < INT32_MAX ? (int)size : 0, 0);
  for (index[dim] = 0; index[dim] < size; index[dim]++) {
    if (dim + 1 < tensor->ndim)
      push_nested(L, tensor, dim + 1, index);
    else {
      struct dm_scalar value = dm_tensor_get(tensor, index);
      dm_lua_scalar_push(L, &value);
    }
    lua_rawseti(L, -2, (lua_Integer)index[dim] + 1);
  }
}

enum { EMPTY_TABLES_MAXIMUM = 1000000 };

/* A header of twelve bytes may promise 2^32 rows of nothing. */
static size_t count_empty_tables(const struct dm_tensor *tensor) {
  size_t count = 1;
  for (int i = 0; i < tensor->ndim; i++) {
    if (tensor->shape[i] == 0)
      return count;
    if (__builtin_mul_overflow(count, tensor->shape[i], &count))
      return SIZE_MAX;
  }
  return 0;
}

/* t:tolist() → tables nested as the dimensions are, numbers innermost. */
static int tensor_tolist(lua_State *L) {
  size_t index[DM_TENSOR_MAX_DIMS] = {0};
  const struct dm_tensor *tensor = dm_lua_tensor_hold(L, 1);
  if (count_empty_tables(tensor) > EMPTY_TABLES_MAXIMUM)
    return luaL_error(L, "tolist: more than %d tables without a number in them", EMPTY_TABLES_MAXIMUM);
  luaL_checkstack(L, 2 * DM_TENSOR_MAX_DIMS, "nested tables");
  push_nested(L, tensor, 0, index);
  return 1;
}

const luaL_Reg dm_lua_tensor_values[] = {{"bytes", tensor_bytes},
                                         {"copy", tensor_copy},
                                         {"contiguous", tensor_contiguous},
                                         {"tolist", tensor_tolist},
                                         {NULL, NULL}};
