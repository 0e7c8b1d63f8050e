import "./lib/frame";
