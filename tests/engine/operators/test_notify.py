def test_without_a_service_the_log_is_told(project):
    ran = project().run({"notify>": "Workflow session attempt failed"})
    assert ran.result
    assert "[INFO]" in ran.log
    assert "Notification: Workflow session attempt failed" in ran.log
