//! The binary: the terminal face, which opens the window when it is asked for nothing else.

fn main() -> std::process::ExitCode {
    airlift::cli::main(|_| anyhow::bail!("This build has no window. Use airlift send or airlift receive."))
}
