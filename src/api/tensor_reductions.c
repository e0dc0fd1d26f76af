/* Methods of tensors that make less of many values: sums, extremes, counts. */
#include "datamaestro/tensor_math.h"
#include "lua_util.h"
#include "tensor_handle.h"

static int push_scalar(lua_State *L, int status, const struct dm_scalar *value, const struct dm_error *err) {
  if (status != 0)
    return luaL_error(L, "%s", err->message);
  dm_lua_scalar_push(L, value);
  return 1;
}

/* Pushes the result of a reduction, a tensor, or where it has no dimension its number. */
static int push_reduced(lua_State *L, struct dm_tensor *result) {
  if (result->ndim > 0) {
    dm_lua_tensor_account(L, result);
    return 1;
  }
  struct dm_scalar value = dm_tensor_get(result, NULL);
  dm_tensor_close(result);
  dm_lua_scalar_push(L, &value);
  return 1;
}

/* Pushes a reduction along the dimension at argument 2: a tensor, or a number where t has one dimension. */
static int reduce(lua_State *L, enum dm_reduction reduction) {
  struct dm_error err;
  int dim = dm_lua_dim_check(L, dm_lua_tensor_check(L, 1), 2);
  struct dm_tensor *result = dm_lua_tensor_new(L);
  if (dm_tensor_reduce(result, dm_lua_tensor_check(L, 1), dim, reduction, &err) != 0)
    return luaL_error(L, "%s", err.message);
  if (reduction == DM_ARGMIN || reduction == DM_ARGMAX) {
    int64_t *places = (int64_t *)(void *)result->storage->bytes;
    for (size_t i = 0, count = dm_tensor_numel(result); i < count; i++)
      places[i]++;
  }
  return push_reduced(L, result);
}

/* t:sum([dim]) → of all elements: integer, exact, for integer types (a sum beyond 64 bits raises), float for
 * float types; 0 when empty. Along a dimension: tensor of int64 or float64 without it (a number where t has
 * no other). */
static int tensor_sum(lua_State *L) {
  struct dm_error err;
  struct dm_scalar sum;
  if (!lua_isnoneornil(L, 2))
    return reduce(L, DM_SUM);
  int status = dm_tensor_sum(dm_lua_tensor_check(L, 1), &sum, &err);
  return push_scalar(L, status, &sum, &err);
}

/* t:mean([dim]) → float; along a dimension tensor of float64. Of nothing raises. */
static int tensor_mean(lua_State *L) {
  struct dm_error err;
  struct dm_scalar mean = {.is_integer = false};
  if (!lua_isnoneornil(L, 2))
    return reduce(L, DM_MEAN);
  int status = dm_tensor_mean(dm_lua_tensor_check(L, 1), &mean.real, &err);
  return push_scalar(L, status, &mean, &err);
}

static int deviate(lua_State *L, bool root) {
  struct dm_error err;
  struct dm_scalar value = {.is_integer = false};
  if (lua_isnoneornil(L, 2)) {
    int status = dm_tensor_deviation(dm_lua_tensor_check(L, 1), root, &value.real, &err);
    return push_scalar(L, status, &value, &err);
  }
  int dim = dm_lua_dim_check(L, dm_lua_tensor_check(L, 1), 2);
  struct dm_tensor *result = dm_lua_tensor_new(L);
  if (dm_tensor_deviations(result, dm_lua_tensor_check(L, 1), dim, root, &err) != 0)
    return luaL_error(L, "%s", err.message);
  return push_reduced(L, result);
}

/* t:var([dim]) → float: the variance, which divides by the number of elements, as NumPy's; along a dimension
 * tensor of float64. Of nothing raises. */
static int tensor_var(lua_State *L) {
  return deviate(L, false);
}

/* t:std([dim]) → float: the standard deviation, the square root of t:var([dim]). */
static int tensor_std(lua_State *L) {
  return deviate(L, true);
}

/* t:min([dim]) → least value, NaN where one is among them; along a dimension tensor of t's type. Of nothing
 * raises. */
static int tensor_min(lua_State *L) {
  struct dm_error err;
  struct dm_scalar least;
  struct dm_scalar greatest;
  if (!lua_isnoneornil(L, 2))
    return reduce(L, DM_MIN);
  int status = dm_tensor_range(dm_lua_tensor_check(L, 1), &least, &greatest, &err);
  return push_scalar(L, status, &least, &err);
}

/* t:max([dim]) → greatest value; else as t:min. */
static int tensor_max(lua_State *L) {
  struct dm_error err;
  struct dm_scalar least;
  struct dm_scalar greatest;
  if (!lua_isnoneornil(L, 2))
    return reduce(L, DM_MAX);
  int status = dm_tensor_range(dm_lua_tensor_check(L, 1), &least, &greatest, &err);
  return push_scalar(L, status, &greatest, &err);
}

/* Pushes the place of an extreme: one index a dimension, or along a dimension a tensor of indices. */
static int find(lua_State *L, enum dm_reduction reduction) {
  struct dm_error err;
  size_t index[DM_TENSOR_MAX_DIMS];
  const struct dm_tensor *tensor = dm_lua_tensor_check(L, 1);
  if (!lua_isnoneornil(L, 2))
    return reduce(L, reduction);
  if (dm_tensor_find(index, tensor, reduction, &err) != 0)
    return luaL_error(L, "%s", err.message);
  int ndim = tensor->ndim;
  luaL_checkstack(L, ndim, "indices");
  for (int k = 0; k < ndim; k++)
    lua_pushinteger(L, (lua_Integer)index[k] + 1);
  return ndim;
}

/* t:argmin([dim]) → i, j, …: where the least value is, the first of equals or the first NaN, so that
 * t:get(t:argmin()) is it; along a dimension tensor of int64 with its indices in that dimension. Of nothing
 * raises. */
static int tensor_argmin(lua_State *L) {
  return find(L, DM_ARGMIN);
}

/* t:argmax([dim]) → where the greatest value is, as t:argmin. */
static int tensor_argmax(lua_State *L) {
  return find(L, DM_ARGMAX);
}

/* t:histogram(bins[, low, high]) → tensor of int64: how many values lie in each of `bins` intervals of one
 * width between low and high (by default the least and the greatest value), tensor of float64: the bins + 1
 * ends. An interval holds its lower end, the last one both. Values outside, and NaN, are not counted. */
static int tensor_histogram(lua_State *L) {
  struct dm_error err;
  (void)dm_lua_tensor_check(L, 1);
  lua_Integer bins = luaL_checkinteger(L, 2);
  luaL_argcheck(L, bins >= 1, 2, "bins from 1 on expected");
  bool automatic = lua_isnoneornil(L, 3) && lua_isnoneornil(L, 4);
  double range[2] = {0, 0};
  if (!automatic) {
    range[0] = luaL_checknumber(L, 3);
    range[1] = luaL_checknumber(L, 4);
  }
  struct dm_tensor *counts = dm_lua_tensor_new(L);
  struct dm_tensor *edges = dm_lua_tensor_new(L);
  if (dm_tensor_histogram(counts, edges, dm_lua_tensor_check(L, 1), (size_t)bins, automatic ? NULL : range,
                          &err) != 0)
    return luaL_error(L, "%s", err.message);
  return 2;
}

/* t:bincount([classes]) → tensor of int64: how often 0, 1, … are among integers; counts[1] is that of 0. As
 * many as the greatest value needs, or `classes`. Other values raise. */
static int tensor_bincount(lua_State *L) {
  struct dm_error err;
  (void)dm_lua_tensor_check(L, 1);
  lua_Integer classes = luaL_optinteger(L, 2, 0);
  luaL_argcheck(L, classes >= (lua_isnoneornil(L, 2) ? 0 : 1), 2, "classes from 1 on expected");
  struct dm_tensor *counts = dm_lua_tensor_new(L);
  if (dm_tensor_bincount(counts, dm_lua_tensor_check(L, 1), (size_t)classes, &err) != 0)
    return luaL_error(L, "%s", err.message);
  return 1;
}

/* t:nonzero() → tensor of int64: the indices of what is not 0, for a tensor of one dimension, such as
 * labels:eq(3) makes. */
static int tensor_nonzero(lua_State *L) {
  struct dm_error err;
  (void)dm_lua_tensor_check(L, 1);
  struct dm_tensor *indices = dm_lua_tensor_new(L);
  if (dm_tensor_nonzero(indices, dm_lua_tensor_check(L, 1), 1, &err) != 0)
    return luaL_error(L, "%s", err.message);
  dm_lua_tensor_account(L, indices);
  return 1;
}

const luaL_Reg dm_lua_tensor_reductions[] = {
    {"sum", tensor_sum},           {"mean", tensor_mean},       {"var", tensor_var},
    {"std", tensor_std},           {"min", tensor_min},         {"max", tensor_max},
    {"argmin", tensor_argmin},     {"argmax", tensor_argmax},   {"histogram", tensor_histogram},
    {"bincount", tensor_bincount}, {"nonzero", tensor_nonzero}, {NULL, NULL}};
