#include "tensor_handle.h"

#include <string.h>

#include "lua_util.h"

struct dm_tensor *dm_lua_tensor_new(lua_State *L) {
  struct dm_tensor *tensor = lua_newuserdatauv(L, sizeof *tensor, 0);
  memset(tensor, 0, sizeof *tensor);
  luaL_setmetatable(L, DM_LUA_TENSOR);
  return tensor;
}

struct dm_tensor *dm_lua_tensor_result(lua_State *L, const struct dm_tensor *tensor) {
  struct dm_tensor *result = dm_lua_tensor_new(L);
  if (tensor->storage == NULL)
    luaL_error(L, "tensor closed by a finalizer while it was in use");
  return result;
}

const struct dm_tensor *dm_lua_tensor_hold(lua_State *L, int index) {
  const struct dm_tensor *tensor = dm_lua_tensor_check(L, index);
  struct dm_tensor *held = dm_lua_tensor_result(L, tensor);
  *held = *tensor;
  (void)dm_storage_retain(held->storage);
  return held;
}

struct dm_tensor *dm_lua_tensor_check(lua_State *L, int index) {
  struct dm_tensor *tensor = luaL_checkudata(L, index, DM_LUA_TENSOR);
  luaL_argcheck(L, tensor->storage != NULL, index, "closed tensor (open tensor expected)");
  return tensor;
}

enum dm_dtype dm_lua_dtype_check(lua_State *L, int index, const enum dm_dtype *fallback) {
  struct dm_error err;
  enum dm_dtype dtype = DM_UINT8;
  if (fallback != NULL && lua_isnoneornil(L, index))
    return *fallback;
  if (dm_dtype_parse(&dtype, luaL_checkstring(L, index), &err) != 0)
    luaL_argerror(L, index, lua_pushstring(L, err.message));
  return dtype;
}

void dm_lua_tensor_account(lua_State *L, const struct dm_tensor *tensor) {
  enum { KIB = 1024, STEP_MAXIMUM = 1 << 20 }; /* KiB, so 1 GiB */
  size_t size = tensor->storage->size / KIB;
  if (size > 0 && lua_gc(L, LUA_GCISRUNNING))
    lua_gc(L, LUA_GCSTEP, (int)(size < STEP_MAXIMUM ? size : STEP_MAXIMUM));
}

void dm_lua_scalar_push(lua_State *L, const struct dm_scalar *value) {
  if (value->is_integer)
    lua_pushinteger(L, value->integer);
  else
    lua_pushnumber(L, value->real);
}

const char *dm_lua_index_message(lua_State *L, lua_Integer index, size_t size) {
  if (size == 0)
    return lua_pushfstring(L, "index %I (none expected: the dimension is empty)", index);
  return lua_pushfstring(L, "index %I (1 to %I expected)", index, (lua_Integer)size);
}

void dm_lua_tensor_widen(struct dm_tensor *tensor) {
  if (tensor->ndim > 0)
    return;
  tensor->ndim = 1;
  tensor->shape[0] = 1;
  tensor->strides[0] = 1;
}

int dm_lua_dim_check(lua_State *L, const struct dm_tensor *tensor, int index) {
  lua_Integer dim = luaL_checkinteger(L, index);
  luaL_argcheck(L, dim >= 1 && dim <= tensor->ndim, index,
                lua_pushfstring(L, "dimension %I (1 to %d expected)", dim, tensor->ndim));
  return (int)dim - 1;
}
