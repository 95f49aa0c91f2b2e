"""The planning core: a depot's day in, checked sheets for its crews out. Pure: no store, no clock, no web.

`day` is what is to be planned, `travel` how long ways take, `drive` what a sheet really is like when driven, `dispatch`
the plans that people make, `solver` PyVRP's, `check` the independent checker, `measures` what a plan is worth, `make`
the whole of it, `explain` the reasons in words, `what_if` other days, `day_file` days and plans as JSON.
"""
