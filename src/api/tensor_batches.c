/* Rows of tensors by index, and what batches are made of. */
#include <string.h>

#include "datamaestro/random.h"
#include "datamaestro/resize.h"
#include "datamaestro/tensor_gather.h"
#include "lua_util.h"
#include "tensor_handle.h"

/* Fills a tensor of indices from the table at argument `index`. */
static void store_indices(lua_State *L, int index, struct dm_tensor *indices) {
  struct dm_error err;
  size_t count = lua_rawlen(L, index);
  if (dm_tensor_alloc(indices, DM_INT64, 1, &count, &err) != 0)
    luaL_error(L, "%s", err.message);
  int64_t *numbers = (int64_t *)(void *)indices->storage->bytes;
  for (size_t i = 0; i < count; i++) {
    int exact = 0;
    lua_rawgeti(L, index, (lua_Integer)i + 1);
    numbers[i] = lua_tointegerx(L, -1, &exact);
    if (!exact)
      luaL_error(L, "indices: %s at %I (whole number expected)", luaL_typename(L, -1), (lua_Integer)i + 1);
    lua_pop(L, 1);
  }
}

/* t:gather(indices) → tensor over memory of its own: the parts t[i] for each i of `indices`, a tensor of
 * integers of one dimension or a table. An index out of range raises. */
static int tensor_gather(lua_State *L) {
  struct dm_error err;
  struct dm_gather how = {.origin = 1};
  lua_settop(L, 2);
  (void)dm_lua_tensor_check(L, 1);
  struct dm_tensor *indices = NULL;
  if (lua_istable(L, 2)) {
    indices = dm_lua_tensor_new(L);
    store_indices(L, 2, indices);
    lua_replace(L, 2);
  }
  struct dm_tensor *result = dm_lua_tensor_new(L);
  const struct dm_tensor *tensor = dm_lua_tensor_check(L, 1);
  how.dtype = tensor->dtype;
  if (dm_tensor_gather(result, tensor, dm_lua_tensor_check(L, 2), &how, &err) != 0)
    return luaL_error(L, "gather: %s", err.message);
  dm_lua_tensor_account(L, result);
  return 1;
}

/* tensor.order(n[, seed[, epoch]]) → tensor of int64 | nil, message, code: 1 to n; with a seed (integer)
 * shuffled, each epoch (integer, 0 by default) otherwise, and the same on every machine:
 * include/datamaestro/random.h says how. */
static int tensor_order(lua_State *L) {
  struct dm_error err;
  struct dm_random random;
  lua_settop(L, 3);
  lua_Integer count = luaL_checkinteger(L, 1);
  luaL_argcheck(L, count >= 0, 1, "negative size");
  lua_Integer seed = luaL_optinteger(L, 2, 0);
  lua_Integer epoch = luaL_optinteger(L, 3, 0);
  struct dm_tensor *order = dm_lua_tensor_new(L);
  const size_t size = (size_t)count;
  if (dm_tensor_alloc(order, DM_INT64, 1, &size, &err) != 0)
    return dm_lua_fail(L, &err);
  int64_t *numbers = (int64_t *)(void *)order->storage->bytes;
  for (size_t i = 0; i < size; i++)
    numbers[i] = (int64_t)i + 1;
  if (!lua_isnil(L, 2)) {
    dm_random_seed(&random, (uint64_t)seed, (uint64_t)epoch);
    dm_random_shuffle(&random, numbers, size);
  }
  dm_lua_tensor_account(L, order);
  return 1;
}

/* Puts the numbers of the table at argument `index`, of which there are `count`, into `numbers`. */
static void store_numbers(lua_State *L, int index, double *numbers, size_t count) {
  luaL_argcheck(L, lua_istable(L, index) && lua_rawlen(L, index) == count, index,
                "as many numbers as there are channels expected");
  for (size_t i = 0; i < count; i++) {
    int is_number = 0;
    lua_rawgeti(L, index, (lua_Integer)i + 1);
    numbers[i] = lua_tonumberx(L, -1, &is_number);
    luaL_argcheck(L, is_number, index, "numbers expected");
    lua_pop(L, 1);
  }
}

/* A scale and an offset for each part along the dimension at argument `index` + 4, from the tables at `index`
 * + 1 and + 2; replaces the first one by the memory that holds them. */
static void check_channels(lua_State *L, int index, struct dm_gather *how) {
  const struct dm_tensor *tensor = dm_lua_tensor_check(L, 1);
  lua_Integer dim = luaL_checkinteger(L, index + 4);
  luaL_argcheck(L, dim >= 2 && dim <= tensor->ndim, index + 4, "a dimension within a part expected");
  how->run = 1;
  how->channels = tensor->shape[dim - 1];
  for (int k = (int)dim; k < tensor->ndim; k++)
    how->run *= tensor->shape[k];
  size_t count = how->channels;
  luaL_argcheck(L, lua_istable(L, index + 1) && lua_rawlen(L, index + 1) == count, index + 1,
                "as many numbers as there are channels expected");
  double *numbers = lua_newuserdatauv(L, (2 * count + 1) * sizeof *numbers, 0);
  store_numbers(L, index + 1, numbers, count);
  store_numbers(L, index + 2, numbers + count, count);
  lua_replace(L, index + 1);
  how->scales = numbers;
  how->offsets = numbers + count;
  if (count == 1) {
    how->scale = numbers[0];
    how->offset = numbers[1];
  }
}

/* What options say of the conversion of a batch. */
static struct dm_gather check_conversion(lua_State *L, int index) {
  struct dm_gather how = {.origin = 1};
  how.dtype = dm_lua_dtype_check(L, index, &dm_lua_tensor_check(L, 1)->dtype);
  how.is_scaled = !lua_isnil(L, index + 1);
  if (lua_istable(L, index + 1))
    check_channels(L, index, &how);
  else if (how.is_scaled) {
    how.scale = luaL_checknumber(L, index + 1);
    how.offset = luaL_optnumber(L, index + 2, 0);
  }
  return how;
}

/* Takes what the tensor at argument `index` (nil: none) holds, which closes it; the reference is the
 * caller's. */
static struct dm_storage *take_storage(lua_State *L, int index) {
  struct dm_tensor *tensor = lua_isnil(L, index) ? NULL : luaL_checkudata(L, index, DM_LUA_TENSOR);
  struct dm_storage *storage = tensor == NULL ? NULL : tensor->storage;
  if (tensor != NULL) {
    tensor->storage = NULL;
    tensor->data = NULL;
  }
  return storage;
}

/* tensor.batch(t, order, first, count, dtype, scale, offset, previous, dim) → tensor of dtype (nil: t's) |
 * nil, message, code: the parts t[i] for the `count` indices of the tensor `order` from its `first` on; with
 * a scale (nil: none) each value becomes value × scale + offset; arrays of them count for the parts along
 * dimension `dim` of t, from 2 on, one each. `previous`, a batch before (nil: none), is closed, and its
 * memory taken if no view holds it and it is large enough. */
static int tensor_batch(lua_State *L) {
  struct dm_error err;
  lua_settop(L, 9);
  const struct dm_tensor *order = dm_lua_tensor_check(L, 2);
  lua_Integer first = luaL_checkinteger(L, 3);
  lua_Integer count = luaL_checkinteger(L, 4);
  luaL_argcheck(L, order->ndim == 1, 2, "tensor of one dimension expected");
  size_t size = order->shape[0];
  luaL_argcheck(
      L, first >= 1 && count >= 0 && (size_t)first - 1 <= size && (size_t)count <= size - (size_t)first + 1,
      4, "indices beyond the order");
  struct dm_gather how = check_conversion(L, 5);
  struct dm_tensor *result = dm_lua_tensor_new(L);
  const struct dm_tensor *tensor = dm_lua_tensor_hold(L, 1);
  const struct dm_tensor *all = dm_lua_tensor_hold(L, 2);
  struct dm_tensor rows;
  how.spare = take_storage(L, 8);
  dm_tensor_narrow(&rows, all, 0, (size_t)first - 1, (size_t)count);
  int status = dm_tensor_gather(result, tensor, &rows, &how, &err);
  bool fresh = status == 0 && result->storage != how.spare;
  dm_tensor_close(&rows);
  dm_storage_release(how.spare);
  if (status != 0)
    return dm_lua_fail(L, &err);
  lua_pushvalue(L, -3);
  if (fresh)
    dm_lua_tensor_account(L, result);
  return 1;
}

/* tensor.stack(list) → tensor over memory of its own, with a dimension more, whose parts are the tensors of
 * the list | nil, message, code, and the number of the tensor that is of another type or shape than the
 * first. */
static int tensor_stack(lua_State *L) {
  struct dm_error err;
  size_t shape[DM_TENSOR_MAX_DIMS];
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  struct dm_tensor *result = dm_lua_tensor_new(L);
  luaL_argcheck(L, lua_rawgeti(L, 1, 1) != LUA_TNIL, 1, "no tensor (one or more expected)");
  const struct dm_tensor *first = dm_lua_tensor_check(L, 3);
  luaL_argcheck(L, first->ndim < DM_TENSOR_MAX_DIMS, 1, "too many dimensions");
  shape[0] = lua_rawlen(L, 1);
  memcpy(shape + 1, first->shape, (size_t)first->ndim * sizeof *shape);
  if (dm_tensor_alloc(result, first->dtype, first->ndim + 1, shape, &err) != 0)
    return dm_lua_fail(L, &err);
  for (size_t i = 0; i < shape[0]; i++) {
    lua_settop(L, 2);
    (void)lua_rawgeti(L, 1, (lua_Integer)i + 1);
    if (dm_tensor_put(result, i, dm_lua_tensor_check(L, 3), &err) != 0) {
      int count = dm_lua_fail(L, &err);
      lua_pushinteger(L, (lua_Integer)i + 1);
      return count + 1;
    }
  }
  lua_settop(L, 2);
  dm_lua_tensor_account(L, result);
  return 1;
}

/* tensor.resize(image, height, width[, channels]) → tensor | nil, message, code: an image, h × w or h × w ×
 * c, in another size, smaller by averages; `channels` 1 or 3 makes it grey or coloured, and h × w × c. */
static int tensor_resize(lua_State *L) {
  struct dm_error err;
  const struct dm_tensor *image = dm_lua_tensor_check(L, 1);
  lua_Integer numbers[] = {luaL_checkinteger(L, 2), luaL_checkinteger(L, 3), luaL_optinteger(L, 4, 0)};
  luaL_argcheck(L, numbers[0] >= 0, 2, "1 or more expected");
  luaL_argcheck(L, numbers[1] >= 0, 3, "1 or more expected");
  luaL_argcheck(L, numbers[2] >= 0, 4, "1 or 3 expected");
  struct dm_resize how = {(size_t)numbers[0], (size_t)numbers[1], (size_t)numbers[2]};
  struct dm_tensor *result = dm_lua_tensor_result(L, image);
  if (dm_tensor_resize(result, image, &how, &err) != 0)
    return dm_lua_fail(L, &err);
  dm_lua_tensor_account(L, result);
  return 1;
}

const luaL_Reg dm_lua_tensor_rows[] = {{"gather", tensor_gather}, {NULL, NULL}};

const luaL_Reg dm_lua_tensor_batches[] = {{"order", tensor_order},
                                          {"batch", tensor_batch},
                                          {"stack", tensor_stack},
                                          {"resize", tensor_resize},
                                          {NULL, NULL}};
