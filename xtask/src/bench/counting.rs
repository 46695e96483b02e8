use super::report::Section; use super::Run; pub fn measure(_: &Run) -> anyhow::Result<Section> { anyhow::bail!("not yet") }
pub fn wait_until_alone(server: &enlist_test_servers::PostgresServer, database: &enlist_test_servers::Database) -> anyhow::Result<()> {
    let sql = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{}'", database.name());
    for _ in 0..200 {
        if server.query_text(&sql)[0][0].as_deref() == Some("0") { return Ok(()); }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    anyhow::bail!("still connected")
}
