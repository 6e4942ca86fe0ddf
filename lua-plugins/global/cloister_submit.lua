-- Who may place what in the global Slurm. Runs inside slurmctld while it holds its locks: no I/O and no waiting here.
--
-- Slurm takes a Lua error, and a function that returns nothing, for "yes" (job_submit_lua.c). So every path through this
-- file returns a number, and an error refuses. Where the configuration names partitions, nil means "not Cloister's job".
local NO_VAL16, NO_VAL, INFINITE = 65534, 4294967294, 4294967295
local PLACEHOLDER = "#!/bin/sh\ntrap 'kill $!; exit 0' USR1; while :; do sleep 1000 & wait $!; done\n"

-- What the backend never sends. Each would carry text, choose hosts, or tie the placeholder to something else.
local NOT_ASKED = {
   "array_inx", "dependency", "licenses", "reservation", "req_nodes", "exc_nodes", "features", "batch_features", "prefer",
   "clusters", "container", "network", "mail_user", "extra", "admin_comment", "selinux_context", "cpus_per_tres", "mem_per_tres",
   "tres_bind", "tres_freq", "mcs_label", "acctg_freq",
}
-- Numbers that the backend never sends, each with the values by which Slurm 24.11 says that it was not sent.
local ZERO, WORD, LONG, WORD_OR_ZERO, LONG_OR_ZERO = { 0 }, { NO_VAL16 }, { NO_VAL }, { NO_VAL16, 0 }, { NO_VAL, 0 }
local NOT_SET = {
   { "begin_time", ZERO }, { "end_time", ZERO }, { "argc", ZERO }, { "spank_job_env_size", ZERO }, { "immediate", LONG_OR_ZERO },
   { "priority", LONG }, { "nice", { NO_VAL, 2147483648 } }, { "site_factor", LONG_OR_ZERO }, { "shared", WORD }, { "time_min", LONG },
   { "contiguous", WORD_OR_ZERO }, { "reboot", WORD_OR_ZERO }, { "mail_type", WORD_OR_ZERO }, { "delay_boot", LONG_OR_ZERO },
   { "req_switch", LONG_OR_ZERO }, { "wait4switch", LONG_OR_ZERO },
   { "cpu_freq_min", LONG }, { "cpu_freq_max", LONG }, { "cpu_freq_gov", LONG },
}
-- What a placeholder is, to the byte. The backend sends the same or nothing, and these are put in their places.
local FIXED = {
   script = PLACEHOLDER, name = "cloister", work_dir = "/", std_in = "/dev/null", std_out = "/dev/null", std_err = "/dev/null",
}
-- Slurm gives Lua no list of a job's environment, only values by name: these are the ones that could make the script another.
local NO_SUCH_VARIABLE = { "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "BASH_ENV", "ENV", "IFS" }
local PATH = "/usr/bin:/bin"
local GRES = { "tres_per_job", "tres_per_node", "tres_per_socket", "tres_per_task" }
local NAMES = { "account", "wckey", "qos" }
-- What stays as it was placed, whoever modifies it: the mark, the script, the gate, and what was fixed at submit.
local NEVER_CHANGED = { "comment", "script", "burst_buffer", "name", "work_dir", "std_in", "std_out", "std_err" }
-- What the backend itself may modify of what it may not place: hosts, to give some back, and its figures.
local MAY_MODIFY = { req_nodes = true, extra = true, admin_comment = true }

local function set_of(list)
   local set = {}
   for _, value in ipairs(list) do set[value] = true end
   return set
end

local function present(text) return text ~= nil and text ~= "" end

local function is_among(value, list)
   for _, one in ipairs(list) do
      if value == one then return true end
   end
   return false
end

local function is_name(text) return #text <= 64 and text:find("^[%w_][%w_.+-]*$") ~= nil end

local function is_figures(text) return #text <= 256 and text:find("^cloister:1:[%w:]+$") ~= nil end

local function only_allowed_gres(request, allowed)
   for part in request:gmatch("[^,]+") do
      local plain = part:match("^cpu[:=]%d+$")
      local name = part:match("^gres[/:]([%w_]+)[:=%w_]*$") or part:match("^([%w_]+):[:=%w_]*%d$")
      if not plain and not (name and allowed[name]) then return false end
   end
   return true
end

local function fault_in_environment(variables)
   if variables == nil then return nil end
   for _, name in ipairs(NO_SUCH_VARIABLE) do
      if variables[name] ~= nil then return "a placeholder may not set " .. name .. " in its environment" end
   end
   local path = variables.PATH
   if path ~= nil and path ~= PATH then return "a placeholder may not set another PATH than " .. PATH .. " in its environment" end
   return nil
end

-- What is wrong with a request of the backend's, in words of ours: never a word of the request's.
local function fault_in(job, uid, mark, burst_buffer, gres)
   if job.user_id ~= nil and job.user_id ~= uid then return "a placeholder belongs to the user who submits it" end
   if not job.script then return "a placeholder is a batch job" end
   if not mark(job.comment) then return "the comment is not the mark of a placeholder" end
   if job.het_job_offset ~= nil and job.het_job_offset ~= NO_VAL then return "a placeholder is not part of a heterogeneous job" end
   if job.cron_job then return "a placeholder is not a cron job" end
   for _, field in ipairs(NOT_ASKED) do
      if present(job[field]) then return "a placeholder may not set " .. field end
   end
   for _, rule in ipairs(NOT_SET) do
      local value = job[rule[1]]
      if value ~= nil and not is_among(value, rule[2]) then return "a placeholder may not set " .. rule[1] end
   end
   for field, wanted in pairs(FIXED) do
      if present(job[field]) and job[field] ~= wanted then return "the " .. field .. " is not a placeholder's" end
   end
   if present(job.burst_buffer) and job.burst_buffer ~= burst_buffer then return "a placeholder may not set burst_buffer" end
   local why = fault_in_environment(job.environment)
   if why then return why end
   for _, field in ipairs(NAMES) do
      if present(job[field]) and not is_name(job[field]) then return "the " .. field .. " is not a plain name" end
   end
   for _, field in ipairs(GRES) do
      if present(job[field]) and not only_allowed_gres(job[field], gres) then
         return "this gres is not among those that /etc/slurm/cloister.lua allows"
      end
   end
   local limit = job.time_limit
   if limit == nil or limit >= NO_VAL or limit < 1 then return "a placeholder needs a time limit" end
   return nil
end

return function(config, trouble, mark)
   local backend, admin, partitions, gres, burst_buffer = {}, {}, nil, {}, ""
   if config then
      backend, admin, gres = set_of(config.backend_uids), set_of(config.admin_uids), set_of(config.gres)
      partitions = config.partitions and set_of(config.partitions)
      if config.gate_driver == "burst_buffer" then burst_buffer = "#BB_LUA cloister" end
   end
   local denied = slurm.ESLURM_ACCESS_DENIED or slurm.ERROR

   local function refuse(what, uid, why)
      slurm.log_info("cloister: refused to %s for uid %s: %s", what, tostring(uid), why)
      slurm.log_user("cloister: %s", why)
      return denied
   end

   local function default_partition(list)
      for name, partition in pairs(list or {}) do
         if partition.flag_default == 1 then return name end
      end
      return nil
   end

   local function names_ours(text)
      for name in (text or ""):gmatch("[^,]+") do
         if partitions[name] then return true end
      end
      return false
   end

   local function names_only_ours(text)
      for name in (text or ""):gmatch("[^,]+") do
         if not partitions[name] then return false end
      end
      return present(text)
   end

   local function submit(job, list, uid)
      if not config then return refuse("submit", uid, "no job can be taken until an administrator mends " .. trouble) end
      if not backend[uid] then
         if partitions and not names_ours(job.partition or default_partition(list)) then return nil end
         return refuse("submit", uid, "only the Cloister backend may submit jobs here; submit yours inside your project")
      end
      local why = fault_in(job, uid, mark, burst_buffer, gres)
      if not why and partitions and not names_only_ours(job.partition) then why = "a placeholder belongs in Cloister's own partitions" end
      if why then return refuse("submit", uid, why) end
      for field, value in pairs(FIXED) do job[field] = value end
      job.burst_buffer = burst_buffer
      job.requeue = 0
      return slurm.SUCCESS
   end

   local function fault_in_change(job, uid)
      for _, field in ipairs(NEVER_CHANGED) do
         if job[field] ~= nil then return "the " .. field .. " of a placeholder is never changed" end
      end
      if job.requeue == 1 then return "a placeholder is never requeued" end
      if partitions and job.partition ~= nil and not names_only_ours(job.partition) then return "a placeholder belongs in Cloister's own partitions" end
      if admin[uid] then return nil end
      for _, field in ipairs(NOT_ASKED) do
         if present(job[field]) and not MAY_MODIFY[field] then return "a placeholder may not set " .. field end
      end
      for _, field in ipairs({ "extra", "admin_comment" }) do
         if present(job[field]) and not is_figures(job[field]) then return "the " .. field .. " holds more than figures" end
      end
      return nil
   end

   local function modify(job, record, _, uid)
      if not config then return refuse("modify", uid, "no job can be changed until an administrator mends " .. trouble) end
      local ours = not partitions or backend[record.user_id] or names_ours(record.partition)
      if not ours then
         if names_ours(job.partition) then return refuse("modify", uid, "only placeholders run in Cloister's partitions") end
         return nil
      end
      if not backend[uid] and not admin[uid] then
         return refuse("modify", uid, "only the Cloister backend and administrators may modify its placeholders")
      end
      local why = fault_in_change(job, uid)
      if why then return refuse("modify", uid, why) end
      return slurm.SUCCESS
   end

   local function guarded(what, act)
      return function(...)
         local ran, answer = pcall(act, ...)
         if ran then return answer end
         slurm.log_error("cloister: refused to %s after an error: %s", what, tostring(answer))
         slurm.log_user("cloister: the request could not be judged and is refused; the reason is in slurmctld's log")
         return denied
      end
   end

   return { submit = guarded("submit", submit), modify = guarded("modify", modify) }
end
