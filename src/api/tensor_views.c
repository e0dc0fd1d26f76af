/* Methods of tensors that look at the shape or make views. */
#include "tensor_handle.h"

static lua_Integer check_index(lua_State *L, const struct dm_tensor *tensor, int dim, int argument) {
  lua_Integer index = luaL_checkinteger(L, argument);
  if (index < 1 || (lua_Unsigned)index > tensor->shape[dim])
    luaL_argerror(L, argument, dm_lua_index_message(L, index, tensor->shape[dim]));
  return index;
}

int dm_lua_tensor_at(lua_State *L, const struct dm_tensor *tensor, int dim, lua_Integer index) {
  size_t position = (size_t)index - 1;
  if (tensor->ndim == 1) {
    struct dm_scalar value = dm_tensor_get(tensor, &position);
    dm_lua_scalar_push(L, &value);
  } else
    dm_tensor_select(dm_lua_tensor_result(L, tensor), tensor, dim, position);
  return 1;
}

/* t:dtype() → "uint8", "int8", "uint16", "int16", "int32", "int64", "float32" or "float64". */
static int tensor_dtype(lua_State *L) {
  lua_pushstring(L, dm_dtype_name(dm_lua_tensor_check(L, 1)->dtype));
  return 1;
}

/* t:shape() → the size of each dimension, as several integers. */
static int tensor_shape(lua_State *L) {
  const struct dm_tensor *tensor = dm_lua_tensor_check(L, 1);
  luaL_checkstack(L, tensor->ndim, "shape");
  for (int k = 0; k < tensor->ndim; k++)
    lua_pushinteger(L, (lua_Integer)tensor->shape[k]);
  return tensor->ndim;
}

/* t:dim() → number of dimensions, 1 to 8. */
static int tensor_dim(lua_State *L) {
  lua_pushinteger(L, dm_lua_tensor_check(L, 1)->ndim);
  return 1;
}

/* t:size(k) → size of dimension k. */
static int tensor_size(lua_State *L) {
  const struct dm_tensor *tensor = dm_lua_tensor_check(L, 1);
  lua_pushinteger(L, (lua_Integer)tensor->shape[dm_lua_dim_check(L, tensor, 2)]);
  return 1;
}

/* t:numel() → number of elements. */
static int tensor_numel(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)dm_tensor_numel(dm_lua_tensor_check(L, 1)));
  return 1;
}

/* t:is_contiguous() → boolean: whether the elements lie in row-major order without gaps. */
static int tensor_is_contiguous(lua_State *L) {
  lua_pushboolean(L, dm_tensor_is_contiguous(dm_lua_tensor_check(L, 1)));
  return 1;
}

/* t:get(i, j, …) → number: one index for each dimension. */
static int tensor_get(lua_State *L) {
  size_t index[DM_TENSOR_MAX_DIMS];
  const struct dm_tensor *tensor = dm_lua_tensor_check(L, 1);
  if (lua_gettop(L) - 1 != tensor->ndim)
    return luaL_error(L, "get: %d indices (%d expected)", lua_gettop(L) - 1, tensor->ndim);
  for (int k = 0; k < tensor->ndim; k++)
    index[k] = (size_t)check_index(L, tensor, k, k + 2) - 1;
  struct dm_scalar value = dm_tensor_get(tensor, index);
  dm_lua_scalar_push(L, &value);
  return 1;
}

/* t:narrow(dim, start, length) → view of the indices start to start + length - 1 of one dimension. */
static int tensor_narrow(lua_State *L) {
  const struct dm_tensor *tensor = dm_lua_tensor_check(L, 1);
  int dim = dm_lua_dim_check(L, tensor, 2);
  lua_Integer size = (lua_Integer)tensor->shape[dim];
  lua_Integer start = luaL_checkinteger(L, 3);
  lua_Integer length = luaL_checkinteger(L, 4);
  luaL_argcheck(L, start >= 1 && start <= size + 1, 3,
                lua_pushfstring(L, "start %I (1 to %I expected)", start, size + 1));
  luaL_argcheck(L, length >= 0 && length <= size - start + 1, 4,
                lua_pushfstring(L, "length %I (0 to %I expected)", length, size - start + 1));
  dm_tensor_narrow(dm_lua_tensor_result(L, tensor), tensor, dim, (size_t)start - 1, (size_t)length);
  return 1;
}

/* t:select(dim, i) → view without dimension dim, at its index i; a number where t has one dimension. */
static int tensor_select(lua_State *L) {
  const struct dm_tensor *tensor = dm_lua_tensor_check(L, 1);
  int dim = dm_lua_dim_check(L, tensor, 2);
  return dm_lua_tensor_at(L, tensor, dim, check_index(L, tensor, dim, 3));
}

/* t:transpose([dim1, dim2]) → view with two dimensions exchanged; the two of a matrix by default. */
static int tensor_transpose(lua_State *L) {
  const struct dm_tensor *tensor = dm_lua_tensor_check(L, 1);
  bool matrix = lua_gettop(L) == 1 && tensor->ndim == 2;
  int dim1 = matrix ? 0 : dm_lua_dim_check(L, tensor, 2);
  int dim2 = matrix ? 1 : dm_lua_dim_check(L, tensor, 3);
  dm_tensor_transpose(dm_lua_tensor_result(L, tensor), tensor, dim1, dim2);
  return 1;
}

/* t:reshape(n, m, …) → view of the same elements in another shape, of which one size may be -1 (what
 * remains). Raises where the number of elements differs, or where the strides allow no view (then
 * t:contiguous() first). */
static int tensor_reshape(lua_State *L) {
  struct dm_error err;
  int64_t shape[DM_TENSOR_MAX_DIMS];
  const struct dm_tensor *tensor = dm_lua_tensor_check(L, 1);
  int ndim = lua_gettop(L) - 1;
  if (ndim < 1 || ndim > DM_TENSOR_MAX_DIMS)
    return luaL_error(L, "reshape: %d dimensions (1 to %d expected)", ndim, DM_TENSOR_MAX_DIMS);
  for (int k = 0; k < ndim; k++)
    shape[k] = luaL_checkinteger(L, k + 2);
  if (dm_tensor_reshape(dm_lua_tensor_result(L, tensor), tensor, ndim, shape, &err) != 0)
    return luaL_error(L, "%s", err.message);
  return 1;
}

/* Iterator of t:iterate(): (t, i) → i + 1, t[i + 1], or nil at the end. */
static int iterate_next(lua_State *L) {
  const struct dm_tensor *tensor = dm_lua_tensor_check(L, 1);
  lua_Integer index = luaL_checkinteger(L, 2);
  if (index < 0 || (lua_Unsigned)index >= tensor->shape[0]) {
    lua_pushnil(L);
    return 1;
  }
  lua_pushinteger(L, index + 1);
  return 1 + dm_lua_tensor_at(L, tensor, 0, index + 1);
}

/* t:iterate() → iterator for `for i, x in t:iterate() do`, where x is t[i]. */
static int tensor_iterate(lua_State *L) {
  (void)dm_lua_tensor_check(L, 1);
  lua_pushcfunction(L, iterate_next);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, 0);
  return 3;
}

const luaL_Reg dm_lua_tensor_views[] = {{"dtype", tensor_dtype},
                                        {"shape", tensor_shape},
                                        {"dim", tensor_dim},
                                        {"size", tensor_size},
                                        {"numel", tensor_numel},
                                        {"is_contiguous", tensor_is_contiguous},
                                        {"get", tensor_get},
                                        {"narrow", tensor_narrow},
                                        {"select", tensor_select},
                                        {"transpose", tensor_transpose},
                                        {"reshape", tensor_reshape},
                                        {"iterate", tensor_iterate},
                                        {NULL, NULL}};
