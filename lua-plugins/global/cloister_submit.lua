-- Who may place what in the global Slurm. Runs inside slurmctld while it holds its locks: no I/O and no waiting here.
--
-- Slurm takes a Lua error, and a function that returns nothing, for "yes" (job_submit_lua.c). So every path through this
-- file returns a number, and an error refuses.
local UNSET = 4294967293 -- 32-bit values from here up are NO_VAL, INFINITE and their neighbours
local PLACEHOLDER = "#!/bin/sh\ntrap 'kill $!; exit 0' USR1; while :; do sleep 1000 & wait $!; done\n"

-- What the backend never sends. Each would carry text, choose hosts, or tie the placeholder to something else.
local NOT_ASKED = {
   "array_inx", "dependency", "licenses", "reservation", "req_nodes", "exc_nodes", "features", "batch_features", "prefer",
   "clusters", "container", "network", "mail_user", "extra", "admin_comment", "selinux_context", "cpus_per_tres", "mem_per_tres",
   "tres_bind", "tres_freq",
}
local GRES = { "tres_per_job", "tres_per_node", "tres_per_socket", "tres_per_task" }
-- What stays as it was placed, whoever modifies it: the mark, the script, the gate, and what was fixed at submit.
local FIXED = { "comment", "script", "burst_buffer", "name", "work_dir", "std_in", "std_out", "std_err" }

local function set_of(list)
   local set = {}
   for _, value in ipairs(list) do set[value] = true end
   return set
end

local function present(text) return text ~= nil and text ~= "" end

local function only_allowed_gres(request, allowed)
   for part in request:gmatch("[^,]+") do
      local plain = part:match("^cpu[:=]%d+$")
      local name = part:match("^gres[/:]([%w_]+)[:=%w_]*$") or part:match("^([%w_]+):[:=%w_]*%d$")
      if not plain and not (name and allowed[name]) then return false end
   end
   return true
end

return function(config, trouble, mark)
   local backend, admin, partitions, gres = {}, {}, nil, {}
   if config then
      backend, admin, gres = set_of(config.backend_uids), set_of(config.admin_uids), set_of(config.gres)
      partitions = config.partitions and set_of(config.partitions)
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

   local function fault(job)
      if not job.script then return "a placeholder is a batch job" end
      if not mark(job.comment) then return "the comment is not the mark of a placeholder" end
      if job.het_job_offset ~= nil and job.het_job_offset < UNSET then return "a placeholder is not part of a heterogeneous job" end
      for _, field in ipairs(NOT_ASKED) do
         if present(job[field]) then return "a placeholder may not set " .. field end
      end
      if job.begin_time ~= nil and job.begin_time ~= 0 then return "a placeholder may not set begin_time" end
      for _, field in ipairs(GRES) do
         if present(job[field]) and not only_allowed_gres(job[field], gres) then
            return "this gres is not among those that /etc/slurm/cloister.lua allows"
         end
      end
      if job.time_limit == nil or job.time_limit >= UNSET or job.time_limit < 1 then return "a placeholder needs a time limit" end
      if partitions and not names_only_ours(job.partition) then return "a placeholder belongs in Cloister's own partitions" end
      return nil
   end

   local function settle(job)
      job.script = PLACEHOLDER
      job.burst_buffer = "#BB_LUA cloister"
      job.requeue = 0
      job.name = "cloister"
      job.work_dir = "/"
      job.std_in, job.std_out, job.std_err = "/dev/null", "/dev/null", "/dev/null"
   end

   local function submit(job, list, uid)
      if not config then return refuse("submit", uid, "no job can be taken until an administrator mends " .. trouble) end
      if not backend[uid] then
         if partitions and not names_ours(job.partition or default_partition(list)) then return nil end
         return refuse("submit", uid, "only the Cloister backend may submit jobs here; submit yours inside your project")
      end
      local why = fault(job)
      if why then return refuse("submit", uid, why) end
      settle(job)
      return slurm.SUCCESS
   end

   local function modify(job, record, uid)
      if not config then return refuse("modify", uid, "no job can be changed until an administrator mends " .. trouble) end
      local ours = not partitions or backend[record.user_id] or names_ours(record.partition)
      if not ours then
         if names_ours(job.partition) then return refuse("modify", uid, "only placeholders run in Cloister's partitions") end
         return nil
      end
      if not backend[uid] and not admin[uid] then
         return refuse("modify", uid, "only the Cloister backend and administrators may modify its placeholders")
      end
      for _, field in ipairs(FIXED) do
         if job[field] ~= nil then return refuse("modify", uid, "the " .. field .. " of a placeholder is never changed") end
      end
      if job.requeue == 1 then return refuse("modify", uid, "a placeholder is never requeued") end
      return slurm.SUCCESS
   end

   -- nil means "not Cloister's job"; it comes only where the configuration names partitions.
   local function guarded(what, act)
      return function(...)
         local ran, answer = pcall(act, ...)
         if ran then return answer end
         slurm.log_error("cloister: refused to %s after an error: %s", what, tostring(answer))
         slurm.log_user("cloister: the request could not be judged and is refused; the reason is in slurmctld's log")
         return denied
      end
   end

   return {
      submit = guarded("submit", submit),
      modify = guarded("modify", function(job, record, _, uid) return modify(job, record, uid) end),
   }
end
