/* What the files of the tensor binding share. */
#ifndef DATAMAESTRO_TENSOR_HANDLE_H
#define DATAMAESTRO_TENSOR_HANDLE_H

#include <lauxlib.h>
#include <lua.h>

#include "datamaestro/tensor.h"

#define DM_LUA_TENSOR "datamaestro.tensor"

/* Pushes a closed tensor handle, to be filled. Making it may run finalizers, and these may close any
 * tensor that Lua code can reach: check tensors after it, or use the two below. */
struct dm_tensor *dm_lua_tensor_new(lua_State *L);

/* The same for a result that is made from `tensor`, which is still open afterwards (else it raises). */
struct dm_tensor *dm_lua_tensor_result(lua_State *L, const struct dm_tensor *tensor);

/* Pushes a handle that only the running function knows, with the content of the tensor at argument
 * `index`: for functions that allocate while they read. */
const struct dm_tensor *dm_lua_tensor_hold(lua_State *L, int index);

/* The open tensor at argument `index`; anything else raises. Lua sees tensors of 1 dimension or more. */
struct dm_tensor *dm_lua_tensor_check(lua_State *L, int index);

/* The type named by argument `index`, or `fallback` where it is nil or none; else raises. */
enum dm_dtype dm_lua_dtype_check(lua_State *L, int index, const enum dm_dtype *fallback);

/* Tells the collector of memory outside Lua that the handle just made owns: it may collect. */
void dm_lua_tensor_account(lua_State *L, const struct dm_tensor *tensor);

/* Pushes a value as an integer or a float. */
void dm_lua_scalar_push(lua_State *L, const struct dm_scalar *value);

/* Lua sees no tensors without dimensions: gives such a one a dimension of size 1. */
void dm_lua_tensor_widen(struct dm_tensor *tensor);

/* The dimension at argument `index`, from 0. */
int dm_lua_dim_check(lua_State *L, const struct dm_tensor *tensor, int index);

/* Methods, {NULL, NULL} last: of shape and views, of values, of arithmetic, of reductions and of rows. */
extern const luaL_Reg dm_lua_tensor_views[];
extern const luaL_Reg dm_lua_tensor_values[];
extern const luaL_Reg dm_lua_tensor_math[];
extern const luaL_Reg dm_lua_tensor_reductions[];
extern const luaL_Reg dm_lua_tensor_rows[];

/* Metamethods of arithmetic, and functions of the module for batches. */
extern const luaL_Reg dm_lua_tensor_operators[];
extern const luaL_Reg dm_lua_tensor_batches[];

/* t[i] and the views that give a number for the last dimension: pushes element or view `index`
 * (1-based and in range) of `dim` (0-based). */
int dm_lua_tensor_at(lua_State *L, const struct dm_tensor *tensor, int dim, lua_Integer index);

/* "index 7 (1 to 3 expected)", on the stack too. */
const char *dm_lua_index_message(lua_State *L, lua_Integer index, size_t size);

#endif
