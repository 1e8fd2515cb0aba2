// Local time: Date in the zone of the workflow, whatever the zone of the machine.
//
// The value is a function of the environment; it adds `setZone`, which takes a table of localtime.py.
(function (environment) {
  "use strict";

  var global = (0, environment.Function)("return this")();
  var define = environment.define;
  var unbound = environment.unbound;
  var apply = Reflect.apply;

  // moments[i] is when offsets[i + 1] begins, in milliseconds; names are abbreviations.
  var zone = { moments: [], offsets: [0], names: ["UTC"] };
  var RealDate = Date;
  var proto = RealDate.prototype;
  var time = unbound(proto.getTime);
  var setTime = unbound(proto.setTime);
  var parse = RealDate.parse;

  function period(moment) {
    var low = 0;
    var high = zone.moments.length;
    while (low < high) {
      var middle = (low + high) >> 1;
      if (zone.moments[middle] <= moment) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  function toLocal(moment) {
    return moment + zone.offsets[period(moment)];
  }

  // In a gap the offset before it counts, in an overlap the first of the two moments.
  function toMoment(local) {
    if (!isFinite(local)) {
      return NaN;
    }
    var before = local - zone.offsets[period(local - 86400000)];
    if (toLocal(before) === local) {
      return before;
    }
    var after = local - zone.offsets[period(local + 86400000)];
    return toLocal(after) === local ? after : before;
  }

  function shifted(date) {
    return new RealDate(toLocal(time(date)));
  }

  var ISO_DAY = /^[+-]?\d{4,6}(?:-\d\d(?:-\d\d)?)?$/;
  var ISO_TIME = /^[+-]?\d{4,6}-\d\d-\d\dT/;
  var ZONED = /(?:\d\s*(?:[ap]m)?\s*(?:z|ut|utc|gmt|[ecmp][sd]t)\b|\d:\d\d(?::\d\d(?:[.,]\d+)?)?\s*(?:[ap]m)?\s*[+-]\d\d|\b(?:utc|gmt))/i;

  function parseText(text) {
    if (text.length > 200) {
      return NaN;
    }
    if (ISO_DAY.test(text) || ZONED.test(text)) {
      return parse(text);
    }
    return toMoment(parse(text + (ISO_TIME.test(text) ? "Z" : " GMT")));
  }

  function momentOf(args) {
    if (args.length === 0) {
      return RealDate.now();
    }
    if (args.length > 1) {
      return toMoment(apply(RealDate.UTC, undefined, args));
    }
    var value = args[0];
    if (value instanceof RealDate) {
      return time(value);
    }
    if (value !== null && typeof value === "object") {
      var convert = value[Symbol.toPrimitive];
      value = convert ? apply(convert, value, ["default"]) : value.valueOf();
      if (value !== null && typeof value === "object") {
        value = String(value);
      }
    }
    return typeof value === "string" ? parseText(value) : Number(value);
  }

  function LocalDate() {
    if (new.target === undefined) {
      return new RealDate(RealDate.now()).toString();
    }
    return Reflect.construct(RealDate, [momentOf(arguments)], new.target);
  }
  Object.defineProperty(LocalDate, "name", { value: "Date" });
  Object.defineProperty(LocalDate, "length", { value: 7 });
  define(LocalDate, "UTC", RealDate.UTC);
  define(LocalDate, "now", RealDate.now);
  define(LocalDate, "parse", function (text) {
    return parseText(String(text));
  });
  LocalDate.prototype = proto;
  define(proto, "constructor", LocalDate);
  define(global, "Date", LocalDate);

  var PARTS = "FullYear Month Date Day Hours Minutes Seconds Milliseconds";
  PARTS.split(" ").forEach(function (part) {
    var get = unbound(proto["getUTC" + part]);
    define(proto, "get" + part, function () {
      return get(shifted(this));
    });
    var set = proto["setUTC" + part];
    if (set) {
      define(proto, "set" + part, function () {
        var local = shifted(this);
        if (part === "FullYear" && isNaN(time(local))) {
          setTime(local, 0);
        }
        apply(set, local, arguments);
        return setTime(this, toMoment(time(local)));
      });
    }
  });
  define(proto, "getYear", function () {
    return this.getFullYear() - 1900;
  });
  define(proto, "setYear", function (year) {
    var number = Math.trunc(Number(year));
    return this.setFullYear(number >= 0 && number <= 99 ? 1900 + number : number);
  });
  define(proto, "getTimezoneOffset", function () {
    var moment = time(this);
    return isNaN(moment) ? NaN : -zone.offsets[period(moment)] / 60000;
  });

  var DAYS = "Sun Mon Tue Wed Thu Fri Sat".split(" ");
  var MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

  function digits(number, count) {
    var text = String(Math.abs(number));
    while (text.length < count) {
      text = "0" + text;
    }
    return number < 0 ? "-" + text : text;
  }

  function dayText(date) {
    return DAYS[date.getDay()] + " " + MONTHS[date.getMonth()] + " " +
      digits(date.getDate(), 2) + " " + digits(date.getFullYear(), 4);
  }

  function clockText(date) {
    return digits(date.getHours(), 2) + ":" + digits(date.getMinutes(), 2) + ":" +
      digits(date.getSeconds(), 2);
  }

  function timeText(date) {
    var offset = -date.getTimezoneOffset();
    var minutes = Math.floor(Math.abs(offset));
    return clockText(date) + " GMT" + (offset < 0 ? "-" : "+") +
      digits(Math.floor(minutes / 60), 2) + digits(minutes % 60, 2) +
      " (" + zone.names[period(time(date))] + ")";
  }

  function usDay(date) {
    return date.getMonth() + 1 + "/" + date.getDate() + "/" + date.getFullYear();
  }

  function usTime(date) {
    var hours = date.getHours();
    return (hours % 12 || 12) + clockText(date).slice(2) + (hours < 12 ? " AM" : " PM");
  }

  function text(name, format) {
    define(proto, name, function () {
      return isNaN(time(this)) ? "Invalid Date" : format(this);
    });
  }

  text("toString", function (date) { return dayText(date) + " " + timeText(date); });
  text("toDateString", dayText);
  text("toTimeString", timeText);
  text("toLocaleDateString", usDay);
  text("toLocaleTimeString", usTime);
  text("toLocaleString", function (date) { return usDay(date) + ", " + usTime(date); });

  environment.setZone = function (table) {
    zone = table;
  };
})
