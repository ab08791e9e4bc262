//! The binary: the terminal face, which opens the window when it is asked for nothing else.

fn main() -> std::process::ExitCode {
    airlift::cli::main(airlift::gui::run)
}
