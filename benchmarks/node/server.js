// The yardstick: a feed as one would write it by hand. LISTEN, three prepared queries, one emit; nothing is drawn.
const { createServer } = require("http");
const { Server } = require("socket.io");
const { Client } = require("pg");

const WEEK = [
  { name: "weight", text: "SELECT record_date AS date, weight, fat, bmi FROM fitbit_weight WHERE record_date > current_date - 7 ORDER BY record_date" },
  { name: "calories", text: "SELECT record_date AS date, calories FROM fitbit_calories WHERE record_date > current_date - 7 ORDER BY record_date" },
  { name: "activities", text: "SELECT start_date_local AS date, name, activity_type, average_speed AS speed, average_heartrate AS heartrate, distance, moving_time FROM strava_activity WHERE start_date_local > current_date - 7 ORDER BY start_date_local" },
];

async function main() {
  const [listener, reader] = [new Client(), new Client()]; // by PGHOST, PGUSER and so on
  await Promise.all([listener.connect(), reader.connect()]);
  const http = createServer((_request, answer) => answer.end("ok"));
  const feed = new Server(http).of("/livefeed");
  let count = 0, changed = false, pushing = false;

  async function push() {
    changed = true;
    if (pushing) return;
    pushing = true;
    while (changed) {
      changed = false;
      const [weight, calories, activities] = await Promise.all(WEEK.map((query) => reader.query(query)));
      feed.emit("stats_vals", { data: { weight: weight.rows, calories: calories.rows, activities: activities.rows }, count: ++count });
    }
    pushing = false;
  }

  listener.on("notification", push);
  await listener.query("LISTEN sevenday");
  http.listen(Number(process.env.PORT), "127.0.0.1");
}

main();
