-- Cloister beside others, on a Slurm whose job_submit.lua, burst_buffer.lua and jobcomp.lua are the site's own. The last line of each
-- (before its `return`) becomes, with the names of Cloister's partitions,
--    dofile("/etc/slurm/cloister_beside.lua")("sealed")
-- and nothing else of them changes. It puts itself in front of those functions of the file that concern Cloister: jobs of the
-- backend's uids and jobs in these partitions are judged by Cloister alone, all others by the site's own functions as before.
--
-- Whatever is wrong with Cloister's other files, only jobs in these partitions are refused for it. This file itself must be there
-- as long as the line is: a slurmctld that runs would keep the rules that it has, one that starts would say what it misses.
return function(...)
   local folder, names, ours, wrapped = CLOISTER_FOLDER or "/etc/slurm", { ... }, {}, 0
   for _, name in ipairs(names) do
      if type(name) ~= "string" or not name:find("^[%w_][%w_-]*$") then error("cloister: not a partition's name: " .. tostring(name), 0) end
      ours[name] = true
   end
   if #names == 0 then error("cloister: the line must name Cloister's partitions", 0) end

   local function names_ours(text)
      for name in (text or ""):gmatch("[^,]+") do
         if ours[name] then return true end
      end
      return false
   end

   local function default_partition(list)
      for name, partition in pairs(list or {}) do
         if partition.flag_default == 1 then return name end
      end
      return nil
   end

   -- One of Cloister's modules with the site's configuration, or nil and what is wrong.
   local function module(file)
      local loaded, made = pcall(function()
         local config, trouble = dofile(folder .. "/cloister_config.lua")(folder .. "/cloister.lua")
         if not config then error(trouble, 0) end
         local same = config.partitions ~= nil and #config.partitions == #names
         for _, name in ipairs(config.partitions or {}) do same = same and ours[name] end
         if not same then error("cloister.lua: partitions must name the same as the line with cloister_beside.lua", 0) end
         local mark = dofile(folder .. "/cloister_mark.lua")
         if file == "cloister_submit.lua" then return dofile(folder .. "/" .. file)(config, nil, mark) end
         return dofile(folder .. "/" .. file)(config, mark)
      end)
      if loaded then return made end
      return nil, tostring(made)
   end

   local function refuse(trouble)
      slurm.log_error("cloister: refused, as no job can be taken in its partitions until an administrator mends %s", trouble)
      slurm.log_user("cloister: no job can be taken in this partition until an administrator mends its configuration")
      return slurm.ESLURM_ACCESS_DENIED or slurm.ERROR
   end

   local function wrap(name, around)
      local theirs = _G[name]
      if type(theirs) ~= "function" then return end
      _G[name] = around(theirs)
      wrapped = wrapped + 1
   end

   local rules, unruly
   if slurm_job_submit or slurm_job_modify then
      rules, unruly = module("cloister_submit.lua")
      if not rules then slurm.log_error("cloister: its partitions take no job until an administrator mends %s", unruly) end
   end

   wrap("slurm_job_submit", function(theirs)
      return function(job, list, uid, ...)
         if rules then
            local answer = rules.submit(job, list, uid)
            if answer ~= nil then return answer end
         elseif names_ours(job.partition or default_partition(list)) then
            return refuse(unruly)
         end
         return theirs(job, list, uid, ...)
      end
   end)

   wrap("slurm_job_modify", function(theirs)
      return function(job, record, list, uid, ...)
         if rules then
            local answer = rules.modify(job, record, list, uid)
            if answer ~= nil then return answer end
         elseif names_ours(record.partition) or names_ours(job.partition) then
            return refuse(unruly)
         end
         return theirs(job, record, list, uid, ...)
      end
   end)

   -- These run in a child of slurmscriptd, which reads what it needs only then.
   wrap("slurm_bb_pre_run", function(theirs)
      return function(job, script, uid, gid, info, ...)
         local gate, trouble = module("cloister_gate.lua")
         local ran, code, words = pcall(function() return gate.pre_run(job, uid, info) end)
         if ran and code ~= nil then return code, words or "" end
         if not ran and (info.partition == nil or names_ours(info.partition)) then
            return slurm.ERROR, "cloister: no placeholder can start until an administrator mends " .. (trouble or tostring(code))
         end
         return theirs(job, script, uid, gid, info, ...)
      end
   end)

   wrap("slurm_bb_job_teardown", function(theirs)
      return function(job, ...)
         local gate, trouble = module("cloister_gate.lua")
         local ran, why = pcall(function() return gate.teardown(job) end)
         if not ran then slurm.log_error("cloister: what job %s asked is not removed: %s", tostring(job), trouble or tostring(why)) end
         return theirs(job, ...)
      end
   end)

   wrap("slurm_jobcomp_log_record", function(theirs)
      local note, trouble = module("cloister_usage.lua")
      if not note then slurm.log_error("cloister: no usage is noted until an administrator mends %s", trouble) end
      return function(record, ...)
         if note then note(record) end
         return theirs(record, ...)
      end
   end)

   if wrapped == 0 then error("cloister: the line belongs at the end of the file, after the site's own functions", 0) end
end
