-- Reads /etc/slurm/cloister.lua, the one file in which a site says who may place placeholders and where the gate is.
-- Runs on Lua 5.1 to 5.4. The file is Lua, but it is given an empty world: it can return a table and nothing else.
--
--   return {
--     backend_uids = { 5000 },                     -- who may submit; every other uid, root too, is refused
--     admin_uids = { 0, 64030 },                   -- who may modify beside them (default { 0 }); list SlurmUser's uid here
--     gate = "/var/spool/cloister/gate",           -- the folder with asked/ and answers/
--     gate_driver = "burst_buffer",                -- what holds a placeholder: "burst_buffer" (default) or "prolog" (prolog-slurmctld)
--     gate_limit_seconds = 3600,                   -- the gate's own limit; OtherTimeout (burst_buffer.conf) or PrologEpilogTimeout ends it where that is shorter
--     partitions = { "sealed" },                   -- only on a Slurm shared with others: the partitions that are Cloister's
--     gres = { "gpu" },                            -- gres a placeholder may ask for (default: none)
--   }
local LARGEST = 2147483647

local function is_list(value, check)
   if type(value) ~= "table" then return false end
   local keys = 0
   for _ in pairs(value) do keys = keys + 1 end
   for place = 1, keys do
      if value[place] == nil or not check(value[place]) then return false end
   end
   return keys <= 64
end

local function is_number(value) return type(value) == "number" and value >= 0 and value <= LARGEST and value % 1 == 0 end

local function is_name(value) return type(value) == "string" and #value <= 64 and value:find("^[%w_][%w_-]*$") ~= nil end

-- The folder reaches a shell, so it may hold nothing that a shell would read as more than a path.
local function is_folder(value)
   return type(value) == "string" and #value <= 200 and value:find("^/[%w_./-]+$") ~= nil and not value:find("..", 1, true)
end

local FIELDS = {
   backend_uids = { needed = true, says = "a list of uids", check = function(v) return is_list(v, is_number) and #v > 0 end },
   admin_uids = { default = { 0 }, says = "a list of uids", check = function(v) return is_list(v, is_number) end },
   gate = { needed = true, says = "an absolute path of letters, digits, _ . / -", check = is_folder },
   gate_limit_seconds = { default = 3600, says = "a whole number of seconds", check = function(v) return is_number(v) and v > 0 end },
   gate_driver = { default = "burst_buffer", says = '"burst_buffer" or "prolog"', check = function(v) return v == "burst_buffer" or v == "prolog" end },
   partitions = { says = "a list of partition names", check = function(v) return is_list(v, is_name) and #v > 0 end },
   gres = { default = {}, says = "a list of gres names", check = function(v) return is_list(v, is_name) end },
}

local function load_data(path)
   if setfenv then -- Lua 5.1
      local chunk, why = loadfile(path)
      if chunk then setfenv(chunk, {}) end
      return chunk, why
   end
   return loadfile(path, "t", {})
end

-- The configuration, or nil and the reason in words.
return function(path)
   local chunk, why = load_data(path)
   if not chunk then return nil, path .. ": " .. tostring(why) end
   local ran, given = pcall(chunk)
   if not ran then return nil, path .. ": " .. tostring(given) end
   if type(given) ~= "table" then return nil, path .. " does not return a table" end
   for key in pairs(given) do
      if not FIELDS[key] then return nil, path .. ": unknown key " .. tostring(key) end
   end
   local config = {}
   for key, field in pairs(FIELDS) do
      local value = given[key]
      if value == nil then
         if field.needed then return nil, path .. ": " .. key .. " is missing (" .. field.says .. ")" end
         value = field.default
      elseif not field.check(value) then
         return nil, path .. ": " .. key .. " must be " .. field.says
      end
      config[key] = value
   end
   return config
end
